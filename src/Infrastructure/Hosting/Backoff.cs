namespace Portico.Infrastructure.Hosting;

/// <summary>The pauses between attempts (exponential backoff): each is twice the one before, up to the longest.</summary>
internal readonly record struct Backoff(TimeSpan First, TimeSpan Longest)
{
    // 2 to the power of 30 is far beyond every limit, and no number grows without a bound.
    private const int MaxDoublings = 30;

    /// <param name="attempts">How many attempts have failed, at least 1.</param>
    public TimeSpan After(int attempts)
    {
        var doublings = Math.Clamp(attempts - 1, 0, MaxDoublings);
        return First < Longest / Math.Pow(2, doublings) ? First * Math.Pow(2, doublings) : Longest;
    }
}
