namespace Portico.Bench.Suite;

/// <summary>How long a scenario loads.</summary>
internal sealed record SuiteTimes(int Rounds, int Seconds, int WarmUp);

/// <summary>A scenario of the suite, with the times of the whole and of the quick suite.</summary>
internal sealed record SuiteScenario(string Name, int Connections, SuiteTimes Whole, SuiteTimes Quick)
{
    /// <summary>All scenarios, in the order in which they run.</summary>
    public static IReadOnlyList<SuiteScenario> All { get; } =
    [
        new("ledger", Connections: 256, new(Rounds: 3, Seconds: 4, WarmUp: 8), new(Rounds: 1, Seconds: 1, WarmUp: 2)),
        new("auth", Connections: 16, new(Rounds: 3, Seconds: 3, WarmUp: 3), new(Rounds: 1, Seconds: 1, WarmUp: 1)),
        new("dashboard", Connections: 32, new(Rounds: 3, Seconds: 3, WarmUp: 3), new(Rounds: 1, Seconds: 1, WarmUp: 1)),
        new("records", Connections: 32, new(Rounds: 3, Seconds: 3, WarmUp: 3), new(Rounds: 1, Seconds: 1, WarmUp: 1)),
        new("events", Connections: 8, new(Rounds: 1, Seconds: 20, WarmUp: 5), new(Rounds: 1, Seconds: 5, WarmUp: 2)),
        new("start", Connections: 256, new(Rounds: 2, Seconds: 20, WarmUp: 0), new(Rounds: 1, Seconds: 5, WarmUp: 0)),
        new("idle", Connections: 8, new(Rounds: 1, Seconds: 30, WarmUp: 20), new(Rounds: 1, Seconds: 8, WarmUp: 8)),
    ];

    /// <summary>The arguments that run it alone, which older versions of this program know too.</summary>
    public IReadOnlyList<string> Arguments(bool isQuick)
    {
        var times = isQuick ? Quick : Whole;
        return
        [
            Name, "--connections", $"{Connections}", "--rounds", $"{times.Rounds}", "--seconds", $"{times.Seconds}",
            "--warm-up", $"{times.WarmUp}",
        ];
    }
}
