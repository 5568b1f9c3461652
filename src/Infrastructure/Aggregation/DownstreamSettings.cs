using System.ComponentModel.DataAnnotations;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Aggregation;

/// <summary>How calls to another service are bounded; each service has its own breaker, bulkhead and budget.</summary>
public sealed class DownstreamSettings : ISettings
{
    public static string Section => "Downstreams";

    /// <summary>How many calls to a service may run at the same time; another one fails at once (bulkhead).</summary>
    [Range(1, 10_000)]
    public int MaxConcurrent { get; init; } = 64;

    /// <summary>How many calls within 10 s, half of them failed, open the circuit breaker.</summary>
    [Range(2, 10_000)]
    public int BreakAfter { get; init; } = 10;

    /// <summary>How long an open circuit breaker refuses calls before it tries one.</summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "00:10:00")]
    public TimeSpan BreakFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many calls in a hundred may be made twice, because the first one is slower than 95 % of its kind (hedging).</summary>
    [Range(0, 50)]
    public int HedgedPercent { get; init; } = 6;
}
