extern alias orders;

using System.Collections;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Portico.Infrastructure.Configuration;

namespace Portico.ArchitectureTests;

public sealed class SettingsTests
{
    private static readonly Type[] Settings = [.. SettingsClasses.OfPortico, .. SettingsClasses.OfOrders];

    [Fact]
    public void There_are_settings_to_judge() =>
        Assert.True(SettingsClasses.OfPortico.Length >= 7 && SettingsClasses.OfOrders.Length >= 7);

    [Fact]
    public void Sections_are_taken_once()
    {
        Assert.Distinct(SettingsClasses.OfPortico.Select(Section));
        Assert.Distinct(SettingsClasses.OfOrders.Select(Section));
    }

    [Fact]
    public void Every_number_and_time_has_bounds_that_name_the_setting() => Solution.AssertNone(
        from type in Settings
        from property in Bounded(type, [])
        from value in Extremes(property[^1].PropertyType)
        let setting = $"{Section(type)}:{string.Join(':', property.Select(part => part.Name))}"
        where !Problems(type, property, value).Any(problem => problem.Contains(setting, StringComparison.Ordinal))
        select $"{setting} = {value}");

    [Fact]
    public void Every_problem_of_missing_values_names_a_setting() => Solution.AssertNone(
        from type in Settings
        from problem in SettingsClasses.ProblemsOf(Activator.CreateInstance(type)!)
        where !Regex.IsMatch(problem, $@"\b{Section(type)}:[A-Z][A-Za-z]+", RegexOptions.None, TimeSpan.FromSeconds(1))
        select $"{type.Name}: {problem}");

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("\"?\"")]
    [InlineData("[]")]
    [InlineData("[null]")]
    [InlineData("[\"?\"]")]
    [InlineData("{}")]
    [InlineData("{\"A\":\"?\"}")]
    [InlineData("{\"A\":null}")]
    public void No_form_of_a_value_ends_in_a_stack(string json) => Solution.AssertNone(
        from type in Settings
        from path in Paths(type, Section(type)).Select(found => found.Path).Prepend(Section(type))
        let end = EndOf(type, path, json)
        where !end.IsForOperators
        select $"{path} = {json}: {end.Message}");

    [Fact]
    public void An_object_in_the_place_of_a_value_and_a_text_in_the_place_of_an_object_are_named() => Solution.AssertNone(
        from type in Settings
        from found in Paths(type, Section(type))
        let json = found.Type == typeof(string) || found.Type.IsValueType ? """{"A":"?"}""" : "\"?\""
        where found.Type == typeof(string) || !typeof(IEnumerable).IsAssignableFrom(found.Type)
        where !EndOf(type, found.Path, json).Message.Contains($"{found.Path} must ", StringComparison.Ordinal)
        select $"{found.Path} = {json}");

    [Fact]
    public void No_host_watches_its_settings_files()
    {
        string[] hosts =
        [
            .. from folder in Directory.EnumerateDirectories(Path.Combine(Solution.Root, "src"))
               from file in Solution.Sources(Path.GetFileName(folder))
               where Regex.IsMatch(
                   File.ReadAllText(file), @"\b(?:WebApplication|Host)\.Create\w*Builder\(", RegexOptions.None, TimeSpan.FromSeconds(1))
               select file,
        ];
        Assert.Equal(3, hosts.Length);
        Solution.AssertNone(hosts.Where(file => !File.ReadAllText(file).Contains("SettingsFiles.Unwatched", StringComparison.Ordinal)));
    }

    /// <summary>The paths of all values and objects, those of nested objects included.</summary>
    private static IEnumerable<(string Path, Type Type)> Paths(Type type, string path)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite))
        {
            yield return ($"{path}:{property.Name}", property.PropertyType);
            if (property.PropertyType.IsClass && Solution.Types.Contains(property.PropertyType))
            {
                foreach (var nested in Paths(property.PropertyType, $"{path}:{property.Name}"))
                    yield return nested;
            }
        }
    }

    /// <summary>Starts with one value of a JSON file.</summary>
    /// <returns>What the start says, and whether it says it without a stack.</returns>
    private static (string Message, bool IsForOperators) EndOf(Type type, string path, string json)
    {
        foreach (var name in path.Split(':').Reverse())
            json = $$"""{"{{name}}":{{json}}}""";
        using var file = new MemoryStream(Encoding.UTF8.GetBytes(json));
        var configuration = new ConfigurationBuilder().AddJsonStream(file).Build();
        var registration = SettingsClasses.OfOrders.Contains(type)
            ? typeof(orders::Portico.Infrastructure.Configuration.SettingsRegistration)
            : typeof(SettingsRegistration);
        var services = new ServiceCollection();
        registration.GetMethod("AddSettings")!.MakeGenericMethod(type).Invoke(null, [services, configuration]);
        registration.GetMethod("ReadSettingsOrDefaults")!.MakeGenericMethod(type).Invoke(null, [configuration]);
        using var provider = services.BuildServiceProvider();
        try
        {
            provider.GetRequiredService<IStartupValidator>().Validate();
            return ("", true);
        }
        catch (Exception failure)
        {
            var isNamed = SettingsRegistration.IsWrongValue(failure)
                && failure.Message.Contains(path, StringComparison.Ordinal);
            return (failure.Message, failure is OptionsValidationException || isNamed);
        }
    }

    /// <summary>The paths of all numbers and times, those of nested objects included.</summary>
    private static IEnumerable<PropertyInfo[]> Bounded(Type type, PropertyInfo[] path)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite))
        {
            if (Extremes(property.PropertyType).Length > 0)
                yield return [.. path, property];
            if (property.PropertyType.IsClass && Solution.Types.Contains(property.PropertyType))
            {
                foreach (var nested in Bounded(property.PropertyType, [.. path, property]))
                    yield return nested;
            }
        }
    }

    private static object[] Extremes(Type type) =>
        type == typeof(int) ? [int.MinValue, int.MaxValue]
        : type == typeof(long) ? [long.MinValue, long.MaxValue]
        : type == typeof(TimeSpan) ? [TimeSpan.MinValue, TimeSpan.MaxValue]
        : [];

    private static string[] Problems(Type type, PropertyInfo[] path, object value)
    {
        var settings = Activator.CreateInstance(type)!;
        var owner = path[..^1].Aggregate(settings, (current, part) => part.GetValue(current)!);
        path[^1].SetValue(owner, value);
        return SettingsClasses.ProblemsOf(settings);
    }

    private static string Section(Type type) => SettingsClasses.SectionOf(type);
}
