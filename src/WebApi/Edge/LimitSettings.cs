using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Edge;

/// <summary>The bounds of every request.</summary>
internal sealed class LimitSettings : ISettings
{
    private const long LargestBody = 64 * 1024 * 1024;
    private static readonly TimeSpan LongestRequest = TimeSpan.FromMinutes(10);

    public static string Section => "Limits";

    public long MaxBodyBytes { get; init; } = 1024 * 1024;

    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public IEnumerable<string> Problems()
    {
        if (MaxBodyBytes is < 1 or > LargestBody)
            yield return $"Limits:MaxBodyBytes must be 1 to {LargestBody} bytes.";
        if (RequestTimeout <= TimeSpan.Zero || RequestTimeout > LongestRequest)
            yield return $"Limits:RequestTimeout must be more than 0 and at most {LongestRequest:c}.";
    }
}
