namespace Portico.Infrastructure.RateLimiting;

/// <summary>Counts in this process during an outage of Redis.</summary>
/// <remarks>It stores at most 10,000 names; when it is full, a new name is over the limit. Thread-safe.</remarks>
internal sealed class LocalRateLimits(TimeProvider clock)
{
    private const int MaxNames = 10_000;

    // Redis may be back long before a window ends.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Window> _windows = new(StringComparer.Ordinal);

    /// <summary>Counts one use.</summary>
    /// <returns><c>null</c> within the limit, otherwise the time to wait.</returns>
    public TimeSpan? Spend(string name, int most, TimeSpan length)
    {
        var now = clock.GetTimestamp();
        lock (_gate)
        {
            if (_windows.TryGetValue(name, out var window) && clock.GetElapsedTime(window.Start, now) < window.Length)
            {
                if (window.Spent >= most)
                    return Shortest(window.Length - clock.GetElapsedTime(window.Start, now));
                _windows[name] = window with { Spent = window.Spent + 1 };
                return null;
            }

            if (_windows.Count >= MaxNames && !RemoveExpired(now))
                return LongestWait;
            _windows[name] = new Window(now, length, 1);
            return null;
        }
    }

    /// <summary>Looks whether the limit is used up, and counts nothing.</summary>
    /// <returns><c>null</c> when there is a use left, otherwise the time to wait.</returns>
    public TimeSpan? Check(string name, int most)
    {
        var now = clock.GetTimestamp();
        lock (_gate)
        {
            return _windows.TryGetValue(name, out var window) && window.Spent >= most
                && window.Length - clock.GetElapsedTime(window.Start, now) is var left && left > TimeSpan.Zero
                ? Shortest(left)
                : null;
        }
    }

    /// <summary>Gives one use back, if one was counted.</summary>
    public void Refund(string name)
    {
        lock (_gate)
        {
            if (_windows.TryGetValue(name, out var window) && window.Spent > 0)
                _windows[name] = window with { Spent = window.Spent - 1 };
        }
    }

    private bool RemoveExpired(long now)
    {
        foreach (var (name, window) in _windows)
        {
            if (clock.GetElapsedTime(window.Start, now) >= window.Length)
                _windows.Remove(name);
        }

        return _windows.Count < MaxNames;
    }

    private static TimeSpan Shortest(TimeSpan wait) => wait < LongestWait ? wait : LongestWait;

    private readonly record struct Window(long Start, TimeSpan Length, int Spent);
}
