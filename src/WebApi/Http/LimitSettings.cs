using System.ComponentModel.DataAnnotations;
using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Http;

/// <summary>The limits of requests.</summary>
internal sealed class LimitSettings : ISettings
{
    public static string Section => "Limits";

    [Range(typeof(long), "1", "67108864")]
    public long MaxBodyBytes { get; init; } = 1024 * 1024;

    /// <summary>How large the report of a payment provider may be; it is not held in memory.</summary>
    [Range(typeof(long), "1", "1073741824")]
    public long MaxReportBytes { get; init; } = 64 * 1024 * 1024;

    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many requests a signed-in user may send in a minute, from all devices together.</summary>
    [Range(1, 1_000_000_000)]
    public int UserRequestsPerMinute { get; init; } = 1_200;

    /// <summary>How many requests the anonymous callers of one client may send in a minute.</summary>
    [Range(1, 1_000_000_000)]
    public int ClientRequestsPerMinute { get; init; } = 3_000;
}
