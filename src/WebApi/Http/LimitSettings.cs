using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Http;

/// <summary>The limits of requests.</summary>
internal sealed class LimitSettings : ISettings
{
    private const long LargestBody = 64 * 1024 * 1024;
    private const long LargestReport = 1024L * 1024 * 1024;
    private const int MostRequests = 1_000_000_000;
    private static readonly TimeSpan LongestRequest = TimeSpan.FromMinutes(10);

    public static string Section => "Limits";

    public long MaxBodyBytes { get; init; } = 1024 * 1024;

    /// <summary>How large the report of a payment provider may be; it is not held in memory.</summary>
    public long MaxReportBytes { get; init; } = 64 * 1024 * 1024;

    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many requests a signed-in user may send in a minute, from all devices together.</summary>
    public int UserRequestsPerMinute { get; init; } = 1_200;

    /// <summary>How many requests the anonymous callers of one client may send in a minute.</summary>
    public int ClientRequestsPerMinute { get; init; } = 3_000;

    public IEnumerable<string> Problems()
    {
        if (MaxBodyBytes is < 1 or > LargestBody)
            yield return $"Limits:MaxBodyBytes must be 1 to {LargestBody} bytes.";
        if (MaxReportBytes is < 1 or > LargestReport)
            yield return $"Limits:MaxReportBytes must be 1 to {LargestReport} bytes.";
        if (RequestTimeout <= TimeSpan.Zero || RequestTimeout > LongestRequest)
            yield return $"Limits:RequestTimeout must be more than 0 and at most {LongestRequest:c}.";
        if (UserRequestsPerMinute is < 1 or > MostRequests)
            yield return $"Limits:UserRequestsPerMinute must be 1 to {MostRequests}.";
        if (ClientRequestsPerMinute is < 1 or > MostRequests)
            yield return $"Limits:ClientRequestsPerMinute must be 1 to {MostRequests}.";
    }
}
