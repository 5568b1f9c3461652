using System.Text.Json;
using Portico.Bench.Load;

namespace Portico.Bench.Suite;

/// <summary>A scenario that did not end well, and why.</summary>
internal sealed record SuiteProblem(string Scenario, string Reason);

/// <summary>What one version was measured to do.</summary>
/// <param name="Name">What the report calls it.</param>
/// <param name="Commit">Its commit.</param>
/// <param name="Loads">Its loads.</param>
/// <param name="Figures">Its other figures.</param>
/// <param name="Problems">Its scenarios that did not end well.</param>
internal sealed record SuiteSide(
    string Name, string Commit, IReadOnlyList<SuiteLoad> Loads, IReadOnlyList<SuiteFigure> Figures, IReadOnlyList<SuiteProblem> Problems)
{
    public SuiteLoad? Find(SuiteLoad load) => Loads.FirstOrDefault(one => one.Key == load.Key);

    public SuiteFigure? Find(SuiteFigure figure) => Figures.FirstOrDefault(one => one.Key == figure.Key);
}

/// <summary>The result of the suite: one table, for a person as Markdown and for a program as JSON.</summary>
/// <param name="At">When it began.</param>
/// <param name="Machine">What it was measured on.</param>
/// <param name="IsQuick">Whether its loads were short.</param>
/// <param name="Passes">How often each scenario was measured.</param>
/// <param name="This">The version of this checkout.</param>
/// <param name="Other">The version to compare with; null for none.</param>
internal sealed record SuiteReport(DateTimeOffset At, Machine Machine, bool IsQuick, int Passes, SuiteSide This, SuiteSide? Other)
{
    public const string Title = "Load suite";

    /// <summary>What the report says about itself, a paragraph each.</summary>
    public IReadOnlyList<string> Introduction =>
    [
        $"{At:yyyy-MM-dd HH:mm} UTC · {Machine}",
        $"{(IsQuick ? "Quick: each load for a second, so the figures are coarse. " : "")}"
            + (Other is null
                ? $"Version: {This.Commit}."
                : $"Versions: {This.Commit}, compared with {Other.Name} ({Other.Commit}); "
                    + "× is this version divided by the other, measured in turns.")
            + (Passes > 1 ? $" Medians of {Passes} passes." : ""),
        "API CPU is the processor time of the API a request. It depends least on what else the machine does. Clients, API and servers "
            + "share the processors, so latencies and requests/s are those of a machine that does all of it. \"× plain SQL\" is the "
            + "transfers/s as a multiple of those of a ledger in SQL that locks rows, on the same server without HTTP.",
    ];

    /// <summary>The ratio over all loads that both versions know, as the geometric mean; null when there are none.</summary>
    public (double Ratio, int Loads)? ProcessorRatio
    {
        get
        {
            double[] ratios = [.. This.Loads.Select(load => Ratio(load.ApiMs, Other?.Find(load)?.ApiMs)).OfType<double>()];
            return ratios.Length == 0 ? null : (Math.Exp(ratios.Average(Math.Log)), ratios.Length);
        }
    }

    /// <summary>A value divided by that of the other version; null when one of them says nothing.</summary>
    public static double? Ratio(double value, double? other) =>
        other is { } divisor && double.IsFinite(value) && double.IsFinite(divisor) && value > 0 && divisor > 0 ? value / divisor : null;

    public static string Text(double ratio) => $"× {ratio:0.00}";

    public string ToMarkdown()
    {
        List<string> lines = [$"# {Title}\n\n{string.Join("\n\n", Introduction)}"];
        if (ProcessorRatio is { } all)
            lines.Add($"\nAPI CPU of all {all.Loads} loads, geometric mean: **{Text(all.Ratio)}**");

        lines.Add("\n| scenario | load | connections | API CPU ms | p50 ms | p99 ms | requests/s | × plain SQL | failed |");
        lines.Add("|---|---|--:|--:|--:|--:|--:|--:|--:|");
        foreach (var load in This.Loads)
        {
            var other = Other?.Find(load);
            lines.Add(
                $"| {load.Scenario} | {load.Load} | {load.Connections} | {Cell(load.ApiMs, other?.ApiMs)} "
                + $"| {Cell(load.P50Ms, other?.P50Ms)} | {Cell(load.P99Ms, other?.P99Ms)} | {Cell(load.PerSecond, other?.PerSecond)} "
                + $"| {Cell(load.ToPlainLedger, other?.ToPlainLedger)} | {load.Failed} |");
        }

        if (This.Figures.Count > 0)
            lines.Add("\n| scenario | figure | value |\n|---|---|--:|");
        foreach (var figure in This.Figures)
            lines.Add($"| {figure.Scenario} | {figure.What} | {Cell(figure.Value, Other?.Find(figure)?.Value)} {figure.Unit} |");
        if (Problems().Any())
            lines.Add("\n## Problems\n");
        lines.AddRange(Problems().Select(problem => $"- {problem}"));
        return string.Join('\n', lines) + "\n";
    }

    public string ToJson() => JsonSerializer.Serialize(
        new
        {
            at = At,
            machine = Machine,
            isQuick = IsQuick,
            passes = Passes,
            @this = This,
            other = Other,
            ratios =
                from load in This.Loads
                let known = Other?.Find(load)
                where known is not null
                select new
                {
                    load.Scenario,
                    load.Load,
                    load.Connections,
                    ApiMs = Ratio(load.ApiMs, known.ApiMs),
                    P50Ms = Ratio(load.P50Ms, known.P50Ms),
                    P99Ms = Ratio(load.P99Ms, known.P99Ms),
                    PerSecond = Ratio(load.PerSecond, known.PerSecond),
                },
        },
        LoadReport.Json);

    /// <summary>The problems of both versions, a line each.</summary>
    public IEnumerable<string> Problems() =>
        This.Problems.Select(problem => $"{problem.Scenario}: {problem.Reason}").Concat(
            Other?.Problems.Select(problem => $"{problem.Scenario} of {Other.Name}: {problem.Reason}") ?? []);

    /// <summary>A value with its ratio to the other version.</summary>
    public static string Cell(double? value, double? other) => value is not { } number
        ? ""
        : Ratio(number, other) is { } ratio ? $"{LoadReport.Number(number)} ({Text(ratio)})" : LoadReport.Number(number);
}
