using System.Reflection;
using System.Text.RegularExpressions;

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
