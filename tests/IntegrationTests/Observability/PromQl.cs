using System.Text.RegularExpressions;

namespace Portico.IntegrationTests.Observability;

/// <summary>The names that an expression of Prometheus uses, as far as the rules and dashboards of this repository need it.</summary>
/// <param name="Metrics">The metrics; a selector without a name has none.</param>
/// <param name="Labels">The labels by metric: those of its selectors, and those that the expression groups by.</param>
internal sealed partial record PromQl(IReadOnlySet<string> Metrics, IReadOnlyList<(string Metric, string Label)> Labels)
{
    private static readonly HashSet<string> Keywords = new(["and", "or", "unless", "offset", "bool"], StringComparer.Ordinal);

    public static PromQl Parse(string expression)
    {
        var selected = Selector().Matches(expression)
            .SelectMany(selector => Label().Matches(selector.Groups["labels"].Value)
                .Select(label => (selector.Groups["metric"].Value, label.Groups["name"].Value)))
            .ToList();
        var rest = Ranges().Replace(Braces().Replace(expression, " "), " ");
        var grouped = Grouping().Matches(rest)
            .SelectMany(grouping => grouping.Groups["labels"].Value
                .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .ToList();
        var metrics = Name().Matches(Grouping().Replace(rest, " "))
            .Select(name => name.Value)
            .Where(name => !Keywords.Contains(name))
            .ToHashSet(StringComparer.Ordinal);
        return new PromQl(metrics, [.. selected, .. metrics.SelectMany(metric => grouped.Select(label => (metric, label)))]);
    }

    [GeneratedRegex("""(?<metric>[a-zA-Z_:][a-zA-Z0-9_:]*)?\{(?<labels>[^}]*)\}""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Selector();

    [GeneratedRegex("""(?<name>[a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*"[^"]*"(,|\s|$)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Label();

    [GeneratedRegex(@"\{[^}]*\}", RegexOptions.None, 1000)]
    private static partial Regex Braces();

    [GeneratedRegex(@"\[[^\]]*\]", RegexOptions.None, 1000)]
    private static partial Regex Ranges();

    [GeneratedRegex(@"\b(by|on|without|ignoring)\s*\((?<labels>[^)]*)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Grouping();

    // No function, which a parenthesis follows, and no duration, which begins with a digit.
    [GeneratedRegex(@"(?<![\w:])[a-zA-Z_:][a-zA-Z0-9_:]*(?![\w:])(?!\s*\()", RegexOptions.None, 1000)]
    private static partial Regex Name();
}
