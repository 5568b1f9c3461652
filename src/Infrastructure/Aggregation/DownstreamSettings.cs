using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Aggregation;

/// <summary>How calls to another service are bounded; each service has its own breaker, bulkhead and budget.</summary>
public sealed class DownstreamSettings : ISettings
{
    private const int MostCalls = 10_000;
    private const int MostHedged = 50;
    private static readonly TimeSpan ShortestBreak = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestBreak = TimeSpan.FromMinutes(10);

    public static string Section => "Downstreams";

    /// <summary>How many calls to a service may run at the same time; another one fails at once (bulkhead).</summary>
    public int MaxConcurrent { get; init; } = 64;

    /// <summary>How many calls within 10 s, half of them failed, open the circuit breaker.</summary>
    public int BreakAfter { get; init; } = 10;

    /// <summary>How long an open circuit breaker refuses calls before it tries one.</summary>
    public TimeSpan BreakFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many calls in a hundred may be made twice, because the first one is slower than 95 % of its kind (hedging).</summary>
    public int HedgedPercent { get; init; } = 6;

    public IEnumerable<string> Problems()
    {
        if (MaxConcurrent is < 1 or > MostCalls)
            yield return $"Downstreams:MaxConcurrent must be 1 to {MostCalls}.";
        if (BreakAfter is < 2 or > MostCalls)
            yield return $"Downstreams:BreakAfter must be 2 to {MostCalls}.";
        if (BreakFor < ShortestBreak || BreakFor > LongestBreak)
            yield return $"Downstreams:BreakFor must be {ShortestBreak:c} to {LongestBreak:c}.";
        if (HedgedPercent is < 0 or > MostHedged)
            yield return $"Downstreams:HedgedPercent must be 0 to {MostHedged}.";
    }
}
