using System.Text.Encodings.Web;
using System.Text.Json;

namespace Portico.Bench.Load;

/// <summary>What a scenario found, for a person as Markdown and for a program as JSON.</summary>
internal sealed class LoadReport(string scenario, LoadOptions options)
{
    private static readonly string[] Parts = LoadStack.Parts;

    /// <summary>How results are written for programs.</summary>
    public static readonly JsonSerializerOptions Json =
        new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<string> _markdown = [];
    private readonly List<object> _sections = [];
    private readonly List<object> _measurements = [];
    private readonly List<string> _rows = [];

    /// <summary>Whether any load was measured.</summary>
    public bool HasMeasurements => _measurements.Count > 0;

    /// <summary>Whether anything was answered that a scenario did not hope for.</summary>
    public bool HasFailures { get; private set; }

    /// <summary>A line of a measurement: medians over its rounds.</summary>
    public void Add(string what, int connections, IReadOnlyList<LoadRound> rounds)
    {
        var failures = rounds.SelectMany(round => round.Failures)
            .GroupBy(failure => failure.Key, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Sum(failure => failure.Value), StringComparer.Ordinal);
        HasFailures |= failures.Count > 0;
        var measurement = new
        {
            What = what,
            Connections = connections,
            Requests = rounds.Sum(round => round.Latency.Count),
            PerSecond = rounds.Median(round => round.PerSecond),
            PerSecondLowest = rounds.Min(round => round.PerSecond),
            PerSecondHighest = rounds.Max(round => round.PerSecond),
            P50Ms = rounds.Median(round => round.Latency.Quantile(0.5)),
            P99Ms = rounds.Median(round => round.Latency.Quantile(0.99)),
            ProcessorMsPerRequest = Parts.ToDictionary(
                part => part, part => rounds.Median(round => round.ProcessorPerRequest(part)), StringComparer.Ordinal),
            Failures = failures,
        };
        _measurements.Add(measurement);
        var processor = string.Concat(Parts.Select(part => $" {Number(measurement.ProcessorMsPerRequest[part])} |"));
        var failed = failures.Count == 0 ? "0" : string.Join(", ", failures.Select(failure => $"{failure.Value} × {failure.Key}"));
        _rows.Add(
            $"| {what} | {connections} "
            + $"| {measurement.PerSecond:0} ({measurement.PerSecondLowest:0}–{measurement.PerSecondHighest:0}) "
            + $"| {Number(measurement.P50Ms)} | {Number(measurement.P99Ms)} |{processor} {failed} |");
        Console.WriteLine(_rows[^1]);
    }

    /// <summary>Something else that was found, with the values that a program reads.</summary>
    public void AddSection(string title, string text, object values)
    {
        Say($"\n## {title}\n\n{text}");
        _sections.Add(new { title, values });
    }

    /// <summary>Notes that something is not as it must be.</summary>
    public void Fail() => HasFailures = true;

    /// <summary>Writes what was added since the last call as a table, under a title; nothing was, where the load was not wanted.</summary>
    public void AddTable(string title)
    {
        if (_rows.Count == 0)
            return;
        var processors = string.Concat(Parts.Select(part => $" {part} CPU ms |"));
        var head = $"| | connections | requests/s (lowest–highest) | p50 ms | p99 ms |{processors} failed |";
        var line = $"|---|--:|--:|--:|--:|{string.Concat(Parts.Select(_ => "--:|"))}--:|";
        Say($"\n## {title}\n\n{head}\n{line}\n{string.Join('\n', _rows)}");
        _rows.Clear();
    }

    /// <summary>Writes both files beside BenchmarkDotNet's.</summary>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(Path.Combine("BenchmarkDotNet.Artifacts", "load")).FullName;
        var (markdown, json) = (Path.Combine(folder, $"{scenario}.md"), Path.Combine(folder, $"{scenario}.json"));
        var machine = Machine.This();
        var introduction =
            $"""
            # {scenario}

            {DateTimeOffset.UtcNow:yyyy-MM-dd HH:mm} UTC · {machine}

            {(options.Rate > 0 ? $"{options.Rate} requests a second" : "Closed loop")} over {options.Connections} connections; {Rounds()}.
            The API: {string.Join("; ", options.Variants)}.
            Clients, web API and servers share the {machine.Processors} processors, so requests/s and latencies are those of a machine
            that does all of it; CPU ms is the processor time a request of each part, children included, which depends much less on the
            sharing. PostgreSQL has the settings of docker-compose.yml, and flushes (fsync on).
            """;
        await File.WriteAllTextAsync(markdown, $"{introduction}\n{string.Join('\n', _markdown)}\n", cancellationToken);
        await File.WriteAllTextAsync(
            json,
            JsonSerializer.Serialize(
                new { scenario, at = DateTimeOffset.UtcNow, machine, options, measurements = _measurements, sections = _sections }, Json),
            cancellationToken);
        Console.WriteLine($"\n{introduction}\n\nWritten to {markdown} and {json}.");
    }

    private string Rounds() => options.Windows.Count > 0
        ? $"one round of {options.Duration.TotalSeconds:0} s each after {string.Join(", ", options.Windows)} s of load"
        : $"medians of {options.Rounds} rounds of {options.Duration.TotalSeconds:0} s after {options.WarmUp.TotalSeconds:0} s of warm-up";

    /// <summary>A number with about three digits.</summary>
    public static string Number(double value) =>
        value >= 100 ? $"{value:0}" : value >= 1 ? $"{value:0.00}" : $"{value:0.000}";

    private void Say(string text)
    {
        Console.WriteLine(text);
        _markdown.Add(text);
    }
}
