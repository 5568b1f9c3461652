namespace Portico.Application.Common.Security;

/// <summary>What is left to the caller of a limit that it has just spent one of.</summary>
/// <param name="Policy">The name of the limit.</param>
/// <param name="Quota">How many it allows a window.</param>
/// <param name="Window">How long a window is.</param>
/// <param name="Remaining">How many are left, 0 when this one was too many.</param>
/// <param name="Reset">How long until all are there again.</param>
public sealed record RateLimitUse(string Policy, long Quota, TimeSpan Window, long Remaining, TimeSpan Reset);

/// <summary>Tells the caller what is left of a limit, whether or not it is refused.</summary>
public interface IRateLimitReport
{
    void Report(RateLimitUse use);
}
