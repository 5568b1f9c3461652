using System.Reflection;
using System.Text.RegularExpressions;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.ArchitectureTests;

public sealed partial class DomainTests
{
    private const BindingFlags PublicInstance = BindingFlags.Public | BindingFlags.Instance;

    private static readonly Type[] Entities =
        [.. Solution.Types.Where(type => typeof(Entity).IsAssignableFrom(type) && type is { IsAbstract: false })];

    private static readonly Type[] Events =
        [.. Solution.Types.Where(type => typeof(IDomainEvent).IsAssignableFrom(type) && type is { IsInterface: false })];

    // English verbs whose past has no -ed.
    private static readonly string[] IrregularPasts = ["Sent", "Paid", "Held", "Lost", "Won", "Begun", "Left", "Made", "Set", "Withdrawn"];

    [Fact]
    public void Entities_are_made_by_their_own_methods_only() => Solution.AssertNone(
        from type in Entities
        where !type.IsSealed || type.GetConstructors(PublicInstance).Length > 0
        select type.FullName);

    [Fact]
    public void Entities_are_changed_by_their_own_methods_only() => Solution.AssertNone(
        from type in Entities
        from property in type.GetProperties(PublicInstance)
        where property.SetMethod is { IsPublic: true } or { IsAssembly: true }
        select $"{type.FullName}.{property.Name}");

    [Fact]
    public void Events_are_sealed_records_of_the_past() => Solution.AssertNone(
        from type in Events
        where !type.IsSealed || type.GetMethod("<Clone>$") is null

                || !(
                    type.Name.EndsWith("ed", StringComparison.Ordinal)
                        || Array.Exists(IrregularPasts, past => type.Name.EndsWith(past, StringComparison.Ordinal)))
        select type.FullName);

    [Fact]
    public void Events_have_names_of_their_own_on_the_wire()
    {
        var names = Events.ToDictionary(
            type => type,
            type => (string?)type.GetProperty(nameof(IDomainEvent.Name), BindingFlags.Public | BindingFlags.Static)?.GetValue(null));

        Solution.AssertNone(
            names.Where(name => name.Value is null || !EventName().IsMatch(name.Value)).Select(name => $"{name.Key.Name}: {name.Value}"));
        Assert.Distinct(names.Values);
    }

    [Fact]
    public void Events_are_immutable() => Solution.AssertNone(
        from type in Events
        from property in type.GetProperties(PublicInstance)
        where property.SetMethod is { IsPublic: true } setter
            && !setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(System.Runtime.CompilerServices.IsExternalInit))
        select $"{type.Name}.{property.Name}");

    [Fact]
    public void Error_codes_are_snake_case() => Solution.AssertNone(
        from error in Errors()
        where !ErrorCode().IsMatch(error.Error.Code)
        select $"{error.Source}: {error.Error.Code}");

    [Fact]
    public void An_error_code_means_one_thing_everywhere() => Solution.AssertNone(
        from error in Errors()
        group error by error.Error.Code into sameCode
        where sameCode.Select(error => error.Error.Kind).Distinct().Skip(1).Any()
        select $"{sameCode.Key}: {string.Join(", ", sameCode.Select(error => $"{error.Source} is {error.Error.Kind}"))}");

    [Fact]
    public void Errors_speak_in_sentences()
    {
        var errors = Errors();

        Assert.True(errors.Count >= 10);
        Solution.AssertNone(errors.Where(error => !error.Error.Message.EndsWith('.')).Select(error => error.Source));
    }

    [Fact]
    public void Every_permission_is_granted_to_a_role()
    {
        var permissions = typeof(Permissions).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(field => field.IsLiteral).Select(field => (string)field.GetValue(null)!).ToArray();

        Assert.NotEmpty(permissions);
        Assert.Equal(permissions.Order(StringComparer.Ordinal), Permissions.All.Order(StringComparer.Ordinal));
        Assert.Equal(permissions.Order(StringComparer.Ordinal), Permissions.Of(Role.Admin));
        Assert.All(permissions, permission => Assert.Matches(@"^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*\z", permission));
    }

    [Fact]
    public void A_role_grants_what_the_roles_that_it_implies_grant() => Assert.All(Enum.GetValues<Role>(), role =>
        Assert.All(role.Implied(), implied => Assert.Subset(Permissions.Of(role).ToHashSet(), Permissions.Of(implied).ToHashSet())));

    private static List<(string Source, Error Error)> Errors()
    {
        const BindingFlags anyStatic = BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static;
        var errors = new List<(string, Error)>();
        foreach (var type in Solution.Types.Where(type => type.Name.EndsWith("Errors", StringComparison.Ordinal)))
        {
            foreach (var field in type.GetFields(anyStatic).Where(field => field.FieldType == typeof(Error)))
                errors.Add(($"{type.Name}.{field.Name}", (Error)field.GetValue(null)!));
            foreach (var method in type.GetMethods(anyStatic).Where(method => method.ReturnType == typeof(Error)))
                errors.Add(($"{type.Name}.{method.Name}", (Error)method.Invoke(null, [.. method.GetParameters().Select(Sample)])!));
        }

        return errors;
    }

    private static object? Sample(ParameterInfo parameter) =>
        parameter.ParameterType == typeof(string) ? "sample"
        : parameter.ParameterType.IsValueType ? Activator.CreateInstance(parameter.ParameterType)
        : null;

    [GeneratedRegex(@"^[a-z]+(\.[a-z]+(-[a-z]+)*)\.v[1-9][0-9]*\z", RegexOptions.ExplicitCapture, 100)]
    private static partial Regex EventName();

    [GeneratedRegex(@"^[a-z]+(_[a-z]+)*\z", RegexOptions.ExplicitCapture, 100)]
    private static partial Regex ErrorCode();
}
