namespace Portico.Bench.Load;

/// <summary>Loads that take turns, so that a machine which gets slower or faster meets all of them.</summary>
internal static class Turns
{
    // The connections of a round are new, and the caches of the processors are those of the load before.
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(300);

    /// <summary>Warms up all loads one after the other, then measures a round of each in turn.</summary>
    /// <param name="loads">Each loads as its options say. Those that are compared are neighbours: a few seconds are between them.</param>
    /// <param name="options">How many rounds, and how long.</param>
    public static async Task RunAsync(IReadOnlyList<Func<LoadOptions, Task>> loads, LoadOptions options)
    {
        foreach (var load in loads)
            await load(options.WithoutRounds());
        var turn = options.OneRound() with { WarmUp = Settling };
        for (var round = 0; round < options.Rounds; round++)
        {
            // Who begins changes: neither side of a pair is always the later one.
            foreach (var load in round % 2 == 0 ? loads : loads.Reverse())
                await load(turn);
        }
    }
}
