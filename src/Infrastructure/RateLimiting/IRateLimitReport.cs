namespace Portico.Infrastructure.RateLimiting;

/// <summary>What is left of a rate limit after the current request.</summary>
/// <param name="Policy">The name of the limit.</param>
/// <param name="Quota">How many requests a window allows.</param>
/// <param name="Window">How long a window is.</param>
/// <param name="Remaining">How many requests are left; 0 when this one was too many.</param>
/// <param name="Reset">After how long the whole quota is available again.</param>
public sealed record RateLimitUse(string Policy, long Quota, TimeSpan Window, long Remaining, TimeSpan Reset);

/// <summary>Reports to the caller what is left of a limit, whether the request is refused or not.</summary>
public interface IRateLimitReport
{
    void Report(RateLimitUse use);
}

/// <summary>For programs that have no client who could get the report.</summary>
internal sealed class NoRateLimitReport : IRateLimitReport
{
    public void Report(RateLimitUse use)
    {
        // Nobody reads it.
    }
}
