using System.Diagnostics;
using Portico.Bench.Load;
using Portico.DevStack;

namespace Portico.Bench.Suite;

/// <summary>Runs the scenarios one after the other, each as a process of its own, and puts their results together.</summary>
/// <remarks>A version is measured by its own program and read from the files that it writes, so any two versions can be compared.</remarks>
internal static class SuiteRun
{
    /// <summary>The word that starts it.</summary>
    public const string Name = "all";

    private const int BadOption = 2;
    private const string Logs = "logs";

    private static readonly string Artifacts = Path.Combine("BenchmarkDotNet.Artifacts", "load");
    private static readonly TimeSpan ScenarioLimit = TimeSpan.FromMinutes(15);

    /// <returns>0, 1 when a scenario of this version failed or the run was cancelled, 2 for an option that is none.</returns>
    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        if (!SuiteOptions.TryParse(arguments, out var options, out var problem))
        {
            await Console.Error.WriteLineAsync(problem);
            return BadOption;
        }

        var report = await MeasureAsync(options, cancellationToken);
        await WriteAsync(report, cancellationToken);
        return report.This.Problems.Count > 0 ? 1 : 0;
    }

    private static async Task<SuiteReport> MeasureAsync(SuiteOptions options, CancellationToken cancellationToken)
    {
        var (at, root) = (DateTimeOffset.UtcNow, Directory.GetCurrentDirectory());
        var logs = Directory.CreateDirectory(Path.Combine(root, Artifacts, Logs)).FullName;
        await using var worktree = options.Compare is { } reference
            ? await Worktree.CreateAsync(reference, root, logs, cancellationToken)
            : null;
        List<Side> sides = [new("this version", root, Path.Combine(AppContext.BaseDirectory, "Portico.Bench.dll"), "this")];
        if (worktree is not null)
            sides.Add(new Side(
                options.Compare!, worktree.Folder,
                Path.Combine(worktree.Folder, "tools", "Bench", "bin", "Release", "net10.0", "Portico.Bench.dll"), "other"));

        var turn = 0;
        for (var pass = 0; pass < options.Passes; pass++)
        {
            foreach (var scenario in options.Scenarios)
            {
                // Who begins changes: a machine that gets slower or faster is then no advantage.
                foreach (var side in turn++ % 2 == 0 ? sides : Enumerable.Reverse(sides))
                    await RunAsync(side, scenario, options.IsQuick, logs, cancellationToken);
            }
        }

        return new SuiteReport(
            at, Machine.This(), options.IsQuick, options.Passes,
            sides[0].Result(await ThisCommitAsync(root, logs, cancellationToken)),
            worktree is null ? null : sides[1].Result(worktree.Commit));
    }

    private static async Task<string> ThisCommitAsync(string root, string logs, CancellationToken cancellationToken) =>
        Programs.Find("git") is null || await Worktree.CommitOf("HEAD", root, logs, cancellationToken) is not { } commit
            ? "unknown"
            : await Worktree.IsChanged(root, logs, cancellationToken) ? $"{commit} with changes" : commit;

    private static async Task RunAsync(
        Side side, SuiteScenario scenario, bool isQuick, string logs, CancellationToken cancellationToken)
    {
        Console.Write($"{scenario.Name}, {side.Name} … ");
        var (clock, log) = (Stopwatch.StartNew(), Path.Combine(logs, $"{scenario.Name}-{side.Log}.log"));
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(side.Folder, Artifacts)).FullName, $"{scenario.Name}.json");
        // What an earlier run left there is no result of this one.
        File.Delete(file);
        var exitCode = await LoggedCommand.RunAsync(
            Environment.ProcessPath!, [side.Program, .. scenario.Arguments(isQuick)], side.Folder, log, ScenarioLimit, cancellationToken);
        if (File.Exists(file))
            side.Results.Add(ScenarioResult.Parse(await File.ReadAllTextAsync(file, cancellationToken)));
        var problem = exitCode switch
        {
            0 => null,
            null => $"not ready after {ScenarioLimit.TotalMinutes:0} minutes",
            _ when File.Exists(file) => "a request failed, or a promise was not kept",
            _ => LoggedCommand.LastLine(log),
        };
        if (problem is not null)
            side.Problems.Add(new SuiteProblem(scenario.Name, $"{problem} (see {Path.Combine(Artifacts, Logs, Path.GetFileName(log))})"));
        Console.WriteLine($"{clock.Elapsed.TotalSeconds:0} s{(problem is null ? "" : $": {problem}")}");
    }

    private static async Task WriteAsync(SuiteReport report, CancellationToken cancellationToken)
    {
        var markdown = report.ToMarkdown();
        Console.WriteLine($"\n{markdown}");
        foreach (var (extension, text) in ((string, string)[])[("md", markdown), ("json", report.ToJson()), ("html", SuitePage.Of(report))])
        {
            var file = Path.GetFullPath(Path.Combine(Artifacts, $"{Name}.{extension}"));
            await File.WriteAllTextAsync(file, text, cancellationToken);
            Console.WriteLine($"Written to {file}");
        }
    }

    /// <summary>A version to measure, and what was found of it.</summary>
    /// <param name="Name">What the report calls it.</param>
    /// <param name="Folder">Its sources.</param>
    /// <param name="Program">Its program of benchmarks.</param>
    /// <param name="Log">What its logs are named after.</param>
    private sealed record Side(string Name, string Folder, string Program, string Log)
    {
        public List<ScenarioResult> Results { get; } = [];

        public List<SuiteProblem> Problems { get; } = [];

        public SuiteSide Result(string commit)
        {
            var all = ScenarioResult.Combine(Results);
            return new SuiteSide(Name, commit, all.Loads, all.Figures, Problems);
        }
    }
}
