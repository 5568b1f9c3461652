using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;

namespace Portico.ArchitectureTests;

public sealed class LayerTests
{
    private static readonly Dictionary<Assembly, string[]> Forbidden = new()
    {
        [Solution.Application] =
        [
            "Portico.Infrastructure", "Portico.WebApi", "Portico.Migrator", "Portico.Seeder",
            "Microsoft.AspNetCore", "Npgsql", "StackExchange", "Microsoft.EntityFrameworkCore.Relational", "NATS",
        ],
        [Solution.Infrastructure] = ["Portico.WebApi", "Portico.Migrator", "Portico.Seeder", "MediatR", "FluentValidation", "AutoMapper"],
        [Solution.WebApi] = ["Portico.Migrator", "Portico.Seeder", "MediatR", "Npgsql", "StackExchange"],
        [Solution.Migrator] = ["Portico.WebApi", "Portico.Seeder", "MediatR"],
        [Solution.Seeder] = ["Portico.WebApi", "Portico.Migrator", "MediatR"],
        [Solution.Orders] =
        [
            "Portico.Domain", "Portico.Application", "Portico.Infrastructure", "Portico.WebApi", "Portico.Migrator", "Portico.Seeder",
            "Microsoft.EntityFrameworkCore", "StackExchange", "NATS",
        ],
    };

    [Fact]
    public void The_domain_depends_on_nothing_but_the_base_library() => Solution.AssertNone(
        References(Solution.Domain).Where(name => !name.StartsWith("System.", StringComparison.Ordinal)));

    [Fact]
    public void Each_layer_knows_only_those_below_it() => Solution.AssertNone(
        from rule in Forbidden
        from reference in References(rule.Key)
        where Array.Exists(rule.Value, name => reference == name || reference.StartsWith(name + ".", StringComparison.Ordinal))
        select $"{rule.Key.GetName().Name} references {reference}");

    [Fact]
    public void Of_the_orders_service_others_know_its_contract_only() => Solution.AssertNone(
        from assembly in Solution.All
        where References(assembly).Contains("Portico.Orders")
        select $"{assembly.GetName().Name} references Portico.Orders");

    [Fact]
    public void Only_the_pipeline_knows_the_mediator()
    {
        string[] allowed = ["Common/Messaging/", "Common/Behaviours/", "ApplicationRegistration.cs"];

        Solution.AssertNone(
            from project in (string[])["Domain", "Application", "Infrastructure", "WebApi", "Migrator", "Seeder"]
            from file in Solution.Sources(project)
            let name = Path.GetRelativePath(Solution.Folder(project), file).Replace('\\', '/')
            where project != "Application" || !Array.Exists(allowed, start => name.StartsWith(start, StringComparison.Ordinal))
            where File.ReadAllText(file).Contains("MediatR", StringComparison.Ordinal)
            select $"{project}/{name}");
    }

    [Fact]
    public void Only_infrastructure_walks_around_filters_and_the_change_tracker() => Solution.AssertNone(
        from assembly in Solution.All
        where assembly != Solution.Infrastructure
        from call in Calls.Of(assembly)
        where call.Method.DeclaringType?.Namespace == typeof(DbContext).Namespace
        where call.Method.Name.StartsWith("ExecuteUpdate", StringComparison.Ordinal)
            || call.Method.Name.StartsWith("ExecuteDelete", StringComparison.Ordinal)

                || (
                    call.Method.Name == nameof(EntityFrameworkQueryableExtensions.IgnoreQueryFilters)
                        && call.Method.GetParameters().Length == 1)
        select call.ToString());

    [Fact]
    public void Domain_and_application_read_the_time_from_their_clock_only()
    {
        (Type Type, string Name)[] clocks =
        [
            (typeof(DateTime), "get_Now"), (typeof(DateTime), "get_UtcNow"), (typeof(DateTime), "get_Today"),
            (typeof(DateTimeOffset), "get_Now"), (typeof(DateTimeOffset), "get_UtcNow"),
            (typeof(Environment), "get_TickCount"), (typeof(Environment), "get_TickCount64"), (typeof(TimeProvider), "get_System"),
        ];

        Solution.AssertNone(
            from assembly in (Assembly[])[Solution.Domain, Solution.Application]
            from call in Calls.Of(assembly)
            where clocks.Contains((call.Method.DeclaringType!, call.Method.Name))

                    || (
                        call.Method.DeclaringType == typeof(Guid)
                            && call.Method.Name == nameof(Guid.CreateVersion7)
                            && call.Method.GetParameters().Length == 0)
            select call.ToString());
    }

    [Fact]
    public void The_reader_of_calls_sees_through_state_machines_and_lambdas() => Assert.Superset(
        new HashSet<string>(["SaveChangesAsync", "BeginTransactionAsync", "CommitAsync", "ConvertName", "Hash", "Trim"]),
        Calls.Of(Solution.Infrastructure).Concat(Calls.Of(Solution.Application))
            .Select(call => call.Method.Name).ToHashSet(StringComparer.Ordinal));

    [Fact]
    public void Nothing_blocks_a_thread_to_wait_for_a_task() => Solution.AssertNone(
        from assembly in (Assembly[])[Solution.Domain, Solution.Application, Solution.Infrastructure, Solution.WebApi, Solution.Orders]
        from call in Calls.Of(assembly)
        where call.Method.DeclaringType == typeof(Thread) && call.Method.Name == nameof(Thread.Sleep)
            || call.Method.DeclaringType == typeof(Task) && call.Method.Name is nameof(Task.Wait) or nameof(Task.WaitAll)
                or nameof(Task.WaitAny)
        select call.ToString());

    [Fact]
    public void No_method_is_async_void() => Solution.AssertNone(
        from assembly in Solution.All
        from type in assembly.GetTypes()
        from method in type.GetMethods(
            BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static)
        where method.ReturnType == typeof(void) && method.IsDefined(typeof(AsyncStateMachineAttribute))
        select $"{type.FullName}.{method.Name}");

    [Fact]
    public void Controllers_depend_on_the_sender_only() => Solution.AssertNone(
        from type in Solution.Types
        where typeof(ControllerBase).IsAssignableFrom(type) && !type.IsAbstract
        from parameter in type.GetConstructors().SelectMany(constructor => constructor.GetParameters())
        where parameter.ParameterType != typeof(ISender)
        select $"{type.FullName} takes {parameter.ParameterType.Name}");

    [Fact]
    public void Classes_are_sealed_unless_something_extends_them() => Solution.AssertNone(
        from type in Solution.Types
        where type is { IsClass: true, IsAbstract: false, IsSealed: false }
        where !Solution.Types.Any(other => other.BaseType is { } parent
            && (parent == type || (parent.IsGenericType && parent.GetGenericTypeDefinition() == type)))
        select type.FullName);

    [Fact]
    public void Public_types_have_no_mutable_public_fields() => Solution.AssertNone(
        from type in Solution.Types
        where type is { IsEnum: false } && (type.IsPublic || type.IsNestedPublic)
        from field in type.GetFields(BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static)
        where field is { IsInitOnly: false, IsLiteral: false }
        select $"{type.FullName}.{field.Name}");

    private static IEnumerable<string> References(Assembly assembly) => assembly.GetReferencedAssemblies().Select(name => name.Name!);
}
