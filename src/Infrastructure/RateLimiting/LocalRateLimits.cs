namespace Portico.Infrastructure.RateLimiting;

/// <summary>Counts by itself what Redis counts for all processes, while Redis is away.</summary>
/// <remarks>At most 10,000 names are remembered; while there is no room, one more is refused.</remarks>
internal sealed class LocalRateLimits(TimeProvider clock)
{
    private const int MaxNames = 10_000;

    // Redis may be back long before a window ends.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Window> _windows = new(StringComparer.Ordinal);

    /// <returns><c>null</c> while there is some left, otherwise after how long to ask again.</returns>
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

            if (_windows.Count >= MaxNames && !Forget(now))
                return LongestWait;
            _windows[name] = new Window(now, length, 1);
            return null;
        }
    }

    private bool Forget(long now)
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
