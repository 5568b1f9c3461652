using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Portico.Infrastructure.Configuration;

namespace Portico.ArchitectureTests;

/// <summary>The table of docs/configuration.md against the settings classes.</summary>
public sealed partial class ConfigurationTableTests
{
    private const string None = "–";
    private const string Portico = "Portico";
    private const string Orders = "Orders";
    private const string OrdersHeading = "\n## The orders service\n";

    // Read by the framework, by the Migrator, or before there are settings.
    private static readonly string[] WithoutClass =
        [
            "DOTNET_ENVIRONMENT",
            "ASPNETCORE_URLS",
            SecretFiles.FolderKey,
            "ConnectionStrings:Migrator",
            "ConnectionStrings:Bootstrap",
            "Logging:LogLevel:Default"
        ];

    private static readonly string[] OfOrdersWithoutClass =
        ["DOTNET_ENVIRONMENT", SecretFiles.FolderKey, "ConnectionStrings:OrdersMigrator", "Logging:LogLevel:Default"];

    [Theory]
    [InlineData(Portico)]
    [InlineData(Orders)]
    public void Lists_every_setting_and_no_other(string program)
    {
        var documented = Rows(program).Select(row => row.Setting).ToArray();

        Assert.Equal(documented.Distinct(StringComparer.Ordinal), documented);
        Assert.Equal(
            Settings(program).Select(setting => setting.Name)
                .Concat(program == Orders ? OfOrdersWithoutClass : WithoutClass).Order(StringComparer.Ordinal),
            documented.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(Portico)]
    [InlineData(Orders)]
    public void Gives_the_default_that_the_code_has(string program)
    {
        var documented = Rows(program).ToDictionary(row => row.Setting, row => row.Default, StringComparer.Ordinal);
        var wrong = Settings(program)
            .Where(setting => documented.TryGetValue(setting.Name, out var cell)
                && (setting.Default == "required" ? !cell.StartsWith(setting.Default, StringComparison.Ordinal) : cell != setting.Default))
            .Select(setting => $"{setting.Name} is {setting.Default}, not {documented[setting.Name]}");

        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData(Portico)]
    [InlineData(Orders)]
    public void Gives_the_range_that_the_code_has(string program)
    {
        var ranges = Ranges(program).ToDictionary(StringComparer.Ordinal);

        Assert.NotEmpty(ranges);
        Assert.Equal(
            Rows(program).Select(row => (row.Setting, ranges.GetValueOrDefault(row.Setting, ""))),
            Rows(program).Select(row => (row.Setting, row.Allowed)));
    }

    [Theory]
    [InlineData(Portico)]
    [InlineData(Orders)]
    public void Says_of_each_setting_what_it_means(string program) => Assert.DoesNotContain(Rows(program), row => row.Meaning.Length < 5);

    [Fact]
    public void Repeats_in_appsettings_the_defaults_that_the_code_has()
    {
        var file = new ConfigurationBuilder().AddJsonFile(Path.Combine(Solution.Folder("WebApi"), "appsettings.json")).Build();
        var different =
            from @class in Classes(Portico)
            let fromFile = Leaves(@class.Section, Bind(file, @class.Section, @class.Type))
            let fromCode = Leaves(@class.Section, Activator.CreateInstance(@class.Type)!)
            from pair in fromFile.Zip(fromCode)
            where Show(pair.First.Value) != Show(pair.Second.Value)
            select $"{pair.First.Name} is {Show(pair.First.Value)}, not {Show(pair.Second.Value)}";

        Assert.Empty(different);
    }

    private static object Bind(IConfiguration configuration, string section, Type type)
    {
        var settings = Activator.CreateInstance(type)!;
        configuration.GetSection(section).Bind(settings);
        return settings;
    }

    private static IEnumerable<(string Section, Type Type)> Classes(string program) =>
        from type in program == Orders ? SettingsClasses.OfOrders : SettingsClasses.OfPortico
        select (SettingsClasses.SectionOf(type), type);

    private static IEnumerable<(string Name, string Default)> Settings(string program)
    {
        foreach (var (section, type) in Classes(program))
        {
            var settings = Activator.CreateInstance(type)!;
            var problems = SettingsClasses.ProblemsOf(settings);
            foreach (var (name, value) in Leaves(section, settings))
                yield return (name, Array.Exists(problems, problem => Names(problem, name)) ? "required" : Show(value));
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Ranges(string program) =>
        from @class in Classes(program)
        from leaf in Properties(@class.Section, @class.Type)
        let range = leaf.Property.GetCustomAttribute<RangeAttribute>()
        where range is not null
        // Before a value is validated, the bounds of a time are texts.
        where range.IsValid(value: null)
        select KeyValuePair.Create(leaf.Name, $"{Show(range.Minimum)} to {Show(range.Maximum)}".Replace("`", "", StringComparison.Ordinal));

    private static IEnumerable<(string Name, PropertyInfo Property)> Properties(string prefix, Type type) => type.GetProperties()
        .Where(property => property.SetMethod is not null)
        .SelectMany(property => property.PropertyType.Assembly == type.Assembly && property.PropertyType.IsClass
            ? Properties($"{prefix}:{property.Name}", property.PropertyType)
            : [($"{prefix}:{property.Name}", property)]);

    private static IEnumerable<(string Name, object? Value)> Leaves(string prefix, object settings) => settings.GetType()
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.SetMethod is not null)
        .SelectMany(
            property =>
                property.GetValue(settings) is { } value
                    && property.PropertyType.Assembly == settings.GetType().Assembly
                    && property.PropertyType.IsClass
            ? Leaves($"{prefix}:{property.Name}", value)
            : [($"{prefix}:{property.Name}", property.GetValue(settings))]);

    private static bool Names(string problem, string setting) =>
        Regex.IsMatch(problem, $@"(^|[\s]){Regex.Escape(setting)}($|[\s.,:])", RegexOptions.None, TimeSpan.FromSeconds(1));

    private static string Show(object? value) => value switch
    {
        null or "" => None,
        string text => $"`{text}`",
        bool flag => flag ? "`true`" : "`false`",
        IEnumerable many => many.Cast<object>().Any() ? $"`{string.Join(',', many.Cast<object>())}`" : None,
        TimeSpan time => $"`{time.ToString(time.Milliseconds == 0 ? "c" : @"hh\:mm\:ss\.fff", CultureInfo.InvariantCulture)}`",
        IFormattable number => $"`{number.ToString(null, CultureInfo.InvariantCulture)}`",
        _ => throw new InvalidOperationException($"{value.GetType()} has no form in the table."),
    };

    private static IReadOnlyList<(string Setting, string Default, string Allowed, string Meaning)> Rows(string program)
    {
        var parts = File.ReadAllText(Path.Combine(Solution.Root, "docs", "configuration.md")).Split(OrdersHeading);
        var page = parts[program == Orders ? 1 : 0];
        return
        [
            .. Row().Matches(page).Select(row =>
                (row.Groups["setting"].Value, row.Groups["default"].Value, row.Groups["allowed"].Value, row.Groups["meaning"].Value))
        ];
    }

    [GeneratedRegex(
        @"^\| `(?<setting>[A-Za-z0-9_:]+)` \| (?<default>.*?) \| (?:(?<allowed>.*?) )?\| (?<meaning>.*?) \|$",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Row();
}
