using Portico.Bench.Load;
using Portico.Bench.Suite;

namespace Portico.Bench.UnitTests;

/// <summary>What the suite reads from the files of the scenarios.</summary>
public sealed class ScenarioResultTests
{
    private const string Ledger =
        """
        { "scenario": "ledger", "at": "2026-11-27T07:16:51+00:00", "machine": { "processors": 2 },
          "measurements": [
            { "what": "uniform", "connections": 256, "perSecond": 4000, "p50Ms": 50, "p99Ms": 90.5,
              "processorMsPerRequest": { "API": 0.2, "PostgreSQL": 0.1 }, "failures": {} },
            { "what": "hot", "connections": 256, "perSecond": 3000, "p50Ms": 60, "p99Ms": 95,
              "processorMsPerRequest": { "API": 0.25 }, "failures": { "500": 2, "reset": 1 } },
            { "what": "batch of 100", "connections": 32, "perSecond": 200, "p50Ms": 60, "p99Ms": 95,
              "processorMsPerRequest": { "API": 4 }, "failures": {} } ],
          "sections": [
            { "title": "What a later version adds", "values": { "unknown": [1, 2] } },
            { "title": "A transfer", "values": {
              "transfers": [ { "what": "uniform", "perSecond": 4000 }, { "what": "hot", "perSecond": 3000 },
                { "what": "batch of 100", "perSecond": 20000 } ],
              "rivals": [ { "what": "one-row insert", "clients": 32, "perSecond": 9000 },
                { "what": "row-locking SQL, uniform", "clients": 1, "perSecond": 900 },
                { "what": "row-locking SQL, uniform", "clients": 32, "perSecond": 2000 },
                { "what": "row-locking SQL, hot", "clients": 8, "perSecond": 500 } ] } } ] }
        """;

    [Fact]
    public void Reads_the_loads_and_compares_each_with_the_plain_ledger_under_the_same_load()
    {
        var result = ScenarioResult.Parse(Ledger);

        Assert.Equal(
            [
                new SuiteLoad("ledger", "uniform", 256, 4000, 50, 90.5, 0.2, 0, ToPlainLedger: 2),
                new SuiteLoad("ledger", "hot", 256, 3000, 60, 95, 0.25, 3, ToPlainLedger: 6),
                new SuiteLoad("ledger", "batch of 100", 32, 200, 60, 95, 4, 0, ToPlainLedger: 10),
            ],
            result.Loads);
        Assert.Equal(
            [
                new SuiteFigure("ledger", "row-locking SQL, uniform", "transfers/s", 2000),
                new SuiteFigure("ledger", "row-locking SQL, hot", "transfers/s", 500),
            ],
            result.Figures);
    }

    [Fact]
    public void Reads_the_figures_of_events_starts_idle_processes_and_pages()
    {
        SuiteFigure[] figures =
        [
            .. ScenarioResult.Parse(
                """
                { "scenario": "events", "measurements": [], "sections": [
                  { "title": "Backlog", "values": { "backlog": 100000, "seconds": 10, "perSecond": 10000,
                      "processorUsPerEvent": { "api": 30, "postgreSql": 20, "nats": 10 } } },
                  { "title": "From the change to the stream", "values": { "events": 5000, "perSecond": 1000, "p50Ms": 3, "p99Ms": 20 } } ] }
                """).Figures,
            .. ScenarioResult.Parse(
                """
                { "scenario": "start", "measurements": [], "sections": [ { "title": "Start", "values": [
                  { "variant": "as built", "readySeconds": 2, "signInSeconds": 3, "steady": 1000, "steadyAfter": 9 },
                  { "variant": "as built", "readySeconds": 4, "signInSeconds": 5, "steady": 2000, "steadyAfter": 11 } ] } ] }
                """).Figures,
            .. ScenarioResult.Parse(
                """
                { "scenario": "idle", "measurements": [], "sections": [ { "title": "An idle API", "values": [
                  { "variant": "as built", "share": { "API": 0.9, "Redis": 0.3 }, "transactions": 6, "commands": {} } ] } ] }
                """).Figures,
            .. ScenarioResult.Parse(
                """
                { "scenario": "dashboard", "measurements": [], "sections": [ { "title": "What these pages cost", "values": [
                  { "figure": "page over its slowest part, p50", "unit": "ms", "value": 0.9, "aim": "≤ 1" } ] } ] }
                """).Figures,
        ];

        Assert.Equal(
            [
                new("events", "a backlog leaves", "events/s", 10000), new("events", "CPU of the API an event", "µs", 30),
                new("events", "from the commit to the stream, p50", "ms", 3),
                new("events", "from the commit to the stream, p99", "ms", 20),
                new("start", "ready after", "s", 3), new("start", "first sign-in after", "s", 4),
                new("start", "steady speed", "transfers/s", 1500), new("start", "90 % of the steady speed after", "s", 10),
                new("idle", "idle API", "% of a core", 0.9), new("idle", "idle Redis", "% of a core", 0.3),
                new("dashboard", "page over its slowest part, p50", "ms", 0.9),
            ],
            figures);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{ "scenario": "auth", "measurements": [ { "what": "check" } ], "sections": [] }""")]
    public void Refuses_what_no_scenario_wrote(string json) =>
        Assert.StartsWith(
            "This is no result of a scenario", Assert.Throws<LoadException>(() => ScenarioResult.Parse(json)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Several_passes_become_medians_and_a_sum_of_failures()
    {
        ScenarioResult Pass(double value, long failed) => new(
            [new SuiteLoad("auth", "check, RS256", 16, value, value, value, value, failed)],
            [new SuiteFigure("idle", "idle API", "%", value)]);

        var all = ScenarioResult.Combine([Pass(1, 1), Pass(100, 0), Pass(3, 2)]);

        Assert.Equal([new SuiteLoad("auth", "check, RS256", 16, 3, 3, 3, 3, 3)], all.Loads);
        Assert.Equal([new SuiteFigure("idle", "idle API", "%", 3)], all.Figures);
    }
}
