using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Portico.Application.Common;
using Portico.Application.Common.Security;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Redis;
using Portico.Infrastructure.SignIn;
using StackExchange.Redis;

namespace Portico.Infrastructure.RateLimiting;

/// <summary>Counts the requests of each caller in all processes together, while no request waits for Redis.</summary>
/// <remarks>
/// A process decides by what it knows, and five times a second tells Redis what it has counted and learns the count of all: between two
/// looks each process may allow what was left at the last one. While Redis is away each allows the whole budget by itself. At most
/// 100,000 callers are counted; while there is no room, one more is allowed uncounted. In development the budgets are 100 times larger.
/// </remarks>
internal sealed class RequestRateLimiter(
    RedisConnection redis, Pseudonyms pseudonyms, RateLimitMetrics metrics, IHostEnvironment environment, TimeProvider clock,
    ILogger<RequestRateLimiter> logger)
    : PeriodicService(ShareInterval, clock, logger), IRequestRateLimiter
{
    private const string OfUser = "user-requests";
    private const string OfClient = "client-requests";
    private const int MaxCallers = 100_000;
    private const int ToldAtOnce = 128;
    private const int RoundsToForget = 50;

    private static readonly TimeSpan ShareInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Window> _windows = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<Window> _untold = new();
    private int _callers;
    private volatile bool _isAway;

    public bool TrySpend(Guid userId, long most, out RateLimitUse use) => TrySpend(OfUser, userId.ToString("N"), most, out use);

    public bool TrySpend(IPAddress? client, long most, out RateLimitUse use) => TrySpend(OfClient, pseudonyms.Of(client), most, out use);

    /// <summary>Tells Redis what was counted since the last round.</summary>
    protected override async Task Do(long round, CancellationToken cancellationToken)
    {
        if (round % RoundsToForget == 0)
            Forget();

        // Those that spend from now on are told of in the next round.
        for (var waiting = _untold.Count; waiting > 0;)
        {
            // While Redis is away, one finds out whether it is back.
            var count = _isAway ? 1 : Math.Min(waiting, ToldAtOnce);
            waiting -= count;
            try
            {
                await Task.WhenAll(Take(count).Select(window => Tell(window, cancellationToken)));
                _isAway = false;
            }
            catch (DependencyUnavailableException)
            {
                _isAway = true;
                throw;
            }
        }
    }

    private bool TrySpend(string policy, string caller, long most, out RateLimitUse use)
    {
        var quota = most * ClientRateLimit.FactorIn(environment);
        if (WindowOf(caller) is not { } window)
        {
            metrics.CountedLocally(policy);
            use = new RateLimitUse(policy, quota, Minute, quota - 1, Minute);
            return true;
        }

        var isAllowed = window.TrySpend(quota, Clock, out var left, out var reset, out var isFirstUntold);
        if (isFirstUntold)
            _untold.Enqueue(window);
        if (!isAllowed)
            metrics.Refused(policy);
        else if (_isAway)
            metrics.CountedLocally(policy);
        use = new RateLimitUse(policy, quota, Minute, left, reset);
        return isAllowed;
    }

    private Window? WindowOf(string caller)
    {
        if (_windows.TryGetValue(caller, out var known))
            return known;
        if (Volatile.Read(ref _callers) >= MaxCallers)
            return null;

        var made = new Window(redis.Key($"requests:{{{caller}}}"));
        var window = _windows.GetOrAdd(caller, made);
        if (ReferenceEquals(window, made))
            Interlocked.Increment(ref _callers);
        return window;
    }

    private IEnumerable<Window> Take(int count)
    {
        for (; count > 0 && _untold.TryDequeue(out var window); count--)
            yield return window;
    }

    private async Task Tell(Window window, CancellationToken cancellationToken)
    {
        var news = window.News();
        (long Count, TimeSpan Left)? answer = null;
        try
        {
            answer = await redis.Add(window.Key, news.Amount, Minute, cancellationToken);
        }
        finally
        {
            window.Told(news, answer, Clock);
        }
    }

    private void Forget()
    {
        foreach (var (caller, window) in _windows)
        {
            if (window.IsOver(Clock) && _windows.TryRemove(caller, out _))
                Interlocked.Decrement(ref _callers);
        }
    }

    /// <summary>What one caller has spent in a minute, as far as this process knows.</summary>
    private sealed class Window(RedisKey key)
    {
        private readonly Lock _gate = new();
        private long _endsAt = long.MinValue;
        private long _told;
        private long _untold;
        private bool _isQueued;

        public RedisKey Key { get; } = key;

        public bool TrySpend(long quota, TimeProvider clock, out long left, out TimeSpan reset, out bool isFirstUntold)
        {
            var now = clock.GetTimestamp();
            lock (_gate)
            {
                if (now >= _endsAt)
                    (_endsAt, _told, _untold) = (now + Ticks(Minute, clock), 0, 0);

                reset = clock.GetElapsedTime(now, _endsAt);
                left = Math.Max(0, quota - _told - _untold - 1);
                isFirstUntold = false;
                if (_told + _untold >= quota)
                    return false;

                _untold++;
                isFirstUntold = !_isQueued;
                _isQueued = true;
                return true;
            }
        }

        /// <returns>How many requests Redis does not know of, and in which minute they were made.</returns>
        public (long Amount, long EndsAt) News()
        {
            lock (_gate)
            {
                _isQueued = false;
                return (_untold, _endsAt);
            }
        }

        /// <param name="news">What Redis was told.</param>
        /// <param name="answer">The count of all processes, and how long its minute lasts. None when Redis is away: it may know of them or
        /// not, and is not told again, so that nobody pays twice.</param>
        /// <param name="clock">For the end of the minute.</param>
        public void Told((long Amount, long EndsAt) news, (long Count, TimeSpan Left)? answer, TimeProvider clock)
        {
            lock (_gate)
            {
                // Another minute has begun here.
                if (_endsAt != news.EndsAt)
                    return;

                (_told, _untold) = (_told + news.Amount, _untold - news.Amount);
                // A Redis that knows of less was emptied: what is known here stands until it ends.
                if (answer is { } known && known.Count >= _told)
                    (_told, _endsAt) = (known.Count, clock.GetTimestamp() + Ticks(known.Left, clock));
            }
        }

        public bool IsOver(TimeProvider clock)
        {
            lock (_gate)
                return clock.GetTimestamp() >= _endsAt && !_isQueued;
        }

        private static long Ticks(TimeSpan time, TimeProvider clock) => (long)(time.TotalSeconds * clock.TimestampFrequency);
    }
}
