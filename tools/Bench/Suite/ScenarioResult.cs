using System.Text.Json;
using Portico.Bench.Load;

namespace Portico.Bench.Suite;

/// <summary>A load and what it cost; times in milliseconds.</summary>
/// <param name="Scenario">The scenario that it belongs to.</param>
/// <param name="Load">What the scenario calls it.</param>
/// <param name="Connections">How many requests there were at a time.</param>
/// <param name="PerSecond">The answers a second.</param>
/// <param name="P50Ms">The latency that half of them had.</param>
/// <param name="P99Ms">The latency that 99 % of them had.</param>
/// <param name="ApiMs">The processor time of the API a request.</param>
/// <param name="Failed">How many requests failed.</param>
/// <param name="ToPlainLedger">The transfers a second of the ledger as a multiple of those of the ledger in SQL that locks rows.</param>
internal sealed record SuiteLoad(
    string Scenario, string Load, int Connections, double PerSecond, double P50Ms, double P99Ms, double ApiMs, long Failed,
    double? ToPlainLedger = null)
{
    /// <summary>What it has in common with the same load of another version.</summary>
    public (string, string, int) Key => (Scenario, Load, Connections);
}

/// <summary>Another figure of a scenario.</summary>
internal sealed record SuiteFigure(string Scenario, string What, string Unit, double Value)
{
    /// <summary>What it has in common with the same figure of another version.</summary>
    public (string, string, string) Key => (Scenario, What, Unit);
}

/// <summary>Reads the file that a scenario wrote, of this version or of another one.</summary>
internal sealed record ScenarioResult(IReadOnlyList<SuiteLoad> Loads, IReadOnlyList<SuiteFigure> Figures)
{
    private const string PlainLedger = "row-locking SQL";

    /// <exception cref="LoadException">It is not the result of a scenario.</exception>
    public static ScenarioResult Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var scenario = root.GetProperty("scenario").GetString()!;
            JsonElement[] sections = [.. root.GetProperty("sections").EnumerateArray().Select(section => section.GetProperty("values"))];
            var plain = sections.Select(PlainLedgers).FirstOrDefault(found => found.Count > 0) ?? [];
            var transfers = sections.Select(Transfers).FirstOrDefault(found => found.Count > 0) ?? [];
            return new ScenarioResult(
                [.. root.GetProperty("measurements").EnumerateArray().Select(load => Load(scenario, load, transfers, plain))],
                [.. sections.SelectMany(section => FiguresOf(scenario, section)), .. plain.Select(
                    ledger => new SuiteFigure(scenario, ledger.Key, "transfers/s", ledger.Value))]);
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new LoadException($"This is no result of a scenario: {failure.Message}");
        }
    }

    /// <summary>The medians of several passes; failures are added up.</summary>
    public static ScenarioResult Combine(IReadOnlyList<ScenarioResult> passes) => new(
        [
            .. passes.SelectMany(pass => pass.Loads).GroupBy(load => load.Key).Select(loads => loads.First() with
            {
                PerSecond = loads.Median(load => load.PerSecond),
                P50Ms = loads.Median(load => load.P50Ms),
                P99Ms = loads.Median(load => load.P99Ms),
                ApiMs = loads.Median(load => load.ApiMs),
                Failed = loads.Sum(load => load.Failed),
                ToPlainLedger = loads.All(load => load.ToPlainLedger is not null)
                    ? loads.Median(load => load.ToPlainLedger!.Value)
                    : null,
            }),
        ],
        [
            .. passes.SelectMany(pass => pass.Figures).GroupBy(figure => figure.Key)
                .Select(figures => figures.First() with { Value = figures.Median(figure => figure.Value) }),
        ]);

    private static SuiteLoad Load(
        string scenario, JsonElement load, Dictionary<string, double> transfers, Dictionary<string, double> plain)
    {
        var what = load.GetProperty("what").GetString()!;
        // A load on one account is compared with the plain ledger under the same load.
        var peer = $"{PlainLedger}, {(what == "hot" ? what : "uniform")}";
        return new SuiteLoad(
            scenario,
            what,
            load.GetProperty("connections").GetInt32(),
            load.GetProperty("perSecond").GetDouble(),
            load.GetProperty("p50Ms").GetDouble(),
            load.GetProperty("p99Ms").GetDouble(),
            load.GetProperty("processorMsPerRequest").GetProperty("API").GetDouble(),
            load.GetProperty("failures").EnumerateObject().Sum(failure => failure.Value.GetInt64()),
            transfers.TryGetValue(what, out var mine) && plain.TryGetValue(peer, out var other) ? mine / other : null);
    }

    /// <summary>The best of each kind of load on the ledger in SQL.</summary>
    private static Dictionary<string, double> PlainLedgers(JsonElement section) => !Has(section, "rivals", out var rivals)
        ? []
        : rivals.EnumerateArray()
            .Select(rival => (What: rival.GetProperty("what").GetString()!, PerSecond: rival.GetProperty("perSecond").GetDouble()))
            .Where(rival => rival.What.StartsWith(PlainLedger, StringComparison.Ordinal))
            .GroupBy(rival => rival.What, StringComparer.Ordinal)
            .ToDictionary(rival => rival.Key, rival => rival.Max(one => one.PerSecond), StringComparer.Ordinal);

    private static Dictionary<string, double> Transfers(JsonElement section) => !Has(section, "transfers", out var transfers)
        ? []
        : transfers.EnumerateArray().ToDictionary(
            load => load.GetProperty("what").GetString()!, load => load.GetProperty("perSecond").GetDouble(), StringComparer.Ordinal);

    /// <summary>The figures of scenarios beside their loads; a section that is not known has none.</summary>
    private static IEnumerable<SuiteFigure> FiguresOf(string scenario, JsonElement section)
    {
        if (section.ValueKind == JsonValueKind.Array)
        {
            foreach (var figures in section.EnumerateArray().SelectMany(OfEntry).GroupBy(figure => (figure.What, figure.Unit)))
                yield return new SuiteFigure(scenario, figures.Key.What, figures.Key.Unit, figures.Median(figure => figure.Value));
        }

        if (Has(section, "backlog", out _))
        {
            yield return new SuiteFigure(scenario, "a backlog leaves", "events/s", section.GetProperty("perSecond").GetDouble());
            yield return new SuiteFigure(
                scenario, "CPU of the API an event", "µs", section.GetProperty("processorUsPerEvent").GetProperty("api").GetDouble());
        }

        if (Has(section, "events", out _) && Has(section, "p99Ms", out var p99))
        {
            yield return new SuiteFigure(scenario, "from the commit to the stream, p50", "ms", section.GetProperty("p50Ms").GetDouble());
            yield return new SuiteFigure(scenario, "from the commit to the stream, p99", "ms", p99.GetDouble());
        }

        static IEnumerable<(string What, string Unit, double Value)> OfEntry(JsonElement entry)
        {
            if (Has(entry, "figure", out var figure))
                yield return (figure.GetString()!, entry.GetProperty("unit").GetString()!, entry.GetProperty("value").GetDouble());

            if (Has(entry, "readySeconds", out var ready))
            {
                yield return ("ready after", "s", ready.GetDouble());
                yield return ("first sign-in after", "s", entry.GetProperty("signInSeconds").GetDouble());
                yield return ("steady speed", "transfers/s", entry.GetProperty("steady").GetDouble());
                yield return ("90 % of the steady speed after", "s", entry.GetProperty("steadyAfter").GetDouble());
            }

            if (Has(entry, "share", out var share))
            {
                foreach (var part in share.EnumerateObject())
                    yield return ($"idle {part.Name}", "% of a core", part.Value.GetDouble());
            }
        }
    }

    private static bool Has(JsonElement element, string name, out JsonElement value)
    {
        value = default;
        return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out value);
    }
}
