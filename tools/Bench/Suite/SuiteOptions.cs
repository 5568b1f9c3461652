using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Portico.Bench.Suite;

/// <summary>What the suite measures.</summary>
internal sealed record SuiteOptions
{
    public const string Usage =
        """
        Options of all:
          --quick             each load for a second; the figures are coarse
          --compare REF       measure this commit, branch or tag as well, in turns, and give the ratios to it
          --passes N          1 to 9: how often each scenario is measured; the report has the medians
          --scenarios A,B,…   only these scenarios
        """;

    private const int MaxPasses = 9;

    public bool IsQuick { get; private init; }

    /// <summary>The commit to compare with; null for none.</summary>
    public string? Compare { get; private init; }

    public int Passes { get; private init; } = 1;

    public IReadOnlyList<SuiteScenario> Scenarios { get; private init; } = SuiteScenario.All;

    public static bool TryParse(
        IReadOnlyList<string> arguments, [NotNullWhen(true)] out SuiteOptions? options, [NotNullWhen(false)] out string? problem)
    {
        (options, problem) = (null, null);
        var found = new SuiteOptions();
        for (var at = 0; at < arguments.Count; at++)
        {
            var option = arguments[at];
            if (option == "--quick")
            {
                found = found with { IsQuick = true };
                continue;
            }

            if (option is not ("--compare" or "--passes" or "--scenarios"))
            {
                problem = $"'{option}' is no option of all.\n{Usage}";
                return false;
            }

            // An option that lacks its value would swallow the next one.
            if (++at == arguments.Count || arguments[at].Length == 0 || arguments[at][0] == '-')
            {
                problem = $"{option} needs a value.\n{Usage}";
                return false;
            }

            (found, problem) = (option, arguments[at]) switch
            {
                ("--compare", var reference) => (found with { Compare = reference }, null),
                ("--passes", var text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var passes)
                    && passes is >= 1 and <= MaxPasses
                        ? (found with { Passes = passes }, null)
                        : (found, $"--passes is '{text}' and must be a whole number from 1 to {MaxPasses}."),
                (_, var names) => Named(found, names.Split(',')),
            };
            if (problem is not null)
                return false;
        }

        options = found;
        return true;
    }

    private static (SuiteOptions Options, string? Problem) Named(SuiteOptions options, string[] names)
    {
        var unknown = names.FirstOrDefault(name => SuiteScenario.All.All(scenario => scenario.Name != name));
        SuiteScenario[] named = [.. SuiteScenario.All.Where(scenario => names.Contains(scenario.Name, StringComparer.Ordinal))];
        return unknown is null
            ? (options with { Scenarios = named }, null)
            : (options,
                $"--scenarios names '{unknown}'; there are {string.Join(", ", SuiteScenario.All.Select(scenario => scenario.Name))}.");
    }
}
