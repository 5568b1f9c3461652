using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Portico.Application.Common;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Redis;
using StackExchange.Redis;

namespace Portico.Infrastructure.RateLimiting;

/// <summary>Limits the requests of each caller over all processes, without a wait for Redis in any request.</summary>
/// <remarks>
/// A process decides with its local count. Five times a second it adds its new requests to the count in Redis and reads the total, so
/// between two exchanges each process may allow the rest of the last one. While a caller needs less than a sixteenth of what is left, it
/// does so once a second. During an outage of Redis each process allows the whole limit. At most 100,000 callers are counted; a further one
/// is allowed without a count. In development the limits are 100 times larger. Thread-safe.
/// </remarks>
internal sealed class RequestRateLimiter(
    RedisConnection redis, Pseudonyms pseudonyms, RateLimitMetrics metrics, IHostEnvironment environment, TimeProvider clock,
    ILogger<RequestRateLimiter> logger)
    : PeriodicService(CleanupInterval, clock, logger), IRequestRateLimiter
{
    private const string OfUser = "user-requests";
    private const string OfClient = "client-requests";
    private const int MaxCallers = 100_000;
    private const int MaxConcurrentSends = 128;
    private const int PartOfRest = 16;

    private static readonly TimeSpan CleanupInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ShareInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxShareInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Window> _windows = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<Window> _unsent = new();
    private long _cleanedAt = clock.GetTimestamp();
    private int _callers;
    private volatile bool _isAway;

    public bool TrySpend(Guid userId, long most, out RateLimitUse use) => TrySpend(OfUser, userId.ToString("N"), most, out use);

    public bool TrySpend(IPAddress? client, long most, out RateLimitUse use) => TrySpend(OfClient, pseudonyms.Of(client), most, out use);

    public bool TrySpend(string service, Guid? userId, IPAddress? client, long most, out RateLimitUse use) =>
        TrySpend($"{service}-requests", $"{service}|{userId?.ToString("N") ?? pseudonyms.Of(client)}", most, out use);

    /// <summary>Adds the new requests of this process to the counts in Redis.</summary>
    protected override async Task Do(long round, CancellationToken cancellationToken)
    {
        if (Clock.GetElapsedTime(_cleanedAt) >= CleanupInterval)
        {
            RemoveExpired();
            _cleanedAt = Clock.GetTimestamp();
        }

        // A request wakes an idle process; the other requests of the interval are sent with it.
        if (_unsent.IsEmpty)
            return;
        await Task.Delay(ShareInterval, Clock, cancellationToken);

        // Requests from now on are sent in the next round.
        for (var waiting = _unsent.Count; waiting > 0;)
        {
            // During an outage only one call checks whether Redis is back.
            var count = _isAway ? 1 : Math.Min(waiting, MaxConcurrentSends);
            waiting -= count;
            var due = TakeDue(count);
            if (due.Count == 0)
                continue;
            try
            {
                await Task.WhenAll(due.Select(window => Send(window, cancellationToken)));
                _isAway = false;
            }
            catch (DependencyUnavailableException)
            {
                _isAway = true;
                Wake();
                throw;
            }
        }

        if (!_unsent.IsEmpty)
            Wake();
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

        var isAllowed = window.TrySpend(quota, Clock, out var left, out var reset, out var isFirstUnsent);
        if (isFirstUnsent)
        {
            _unsent.Enqueue(window);
            Wake();
        }

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

    /// <summary>Takes the next callers, of whom those that can wait go to the end of the queue.</summary>
    private List<Window> TakeDue(int count)
    {
        var due = new List<Window>(count);
        for (; count > 0 && _unsent.TryDequeue(out var window); count--)
        {
            if (window.IsDue(Clock))
                due.Add(window);
            else
                _unsent.Enqueue(window);
        }

        return due;
    }

    private async Task Send(Window window, CancellationToken cancellationToken)
    {
        var unsent = window.Unsent();
        (long Count, TimeSpan Left)? answer = null;
        try
        {
            answer = await redis.Add(window.Key, unsent.Amount, Minute, cancellationToken);
        }
        finally
        {
            window.MarkSent(unsent, answer, Clock);
        }
    }

    private void RemoveExpired()
    {
        foreach (var (caller, window) in _windows)
        {
            if (window.IsOver(Clock) && _windows.TryRemove(caller, out _))
                Interlocked.Decrement(ref _callers);
        }
    }

    /// <summary>The requests of one caller in a minute, as far as this process knows.</summary>
    internal sealed class Window(RedisKey key)
    {
        private readonly Lock _gate = new();
        private long _endsAt = long.MinValue;
        private long _sent;
        private long _unsent;
        private long _quota;
        private long? _sharedAt;
        private bool _isQueued;

        public RedisKey Key { get; } = key;

        public bool TrySpend(long quota, TimeProvider clock, out long left, out TimeSpan reset, out bool isFirstUnsent)
        {
            var now = clock.GetTimestamp();
            lock (_gate)
            {
                if (now >= _endsAt)
                    (_endsAt, _sent, _unsent, _sharedAt) = (now + Ticks(Minute, clock), 0, 0, null);

                _quota = quota;
                reset = clock.GetElapsedTime(now, _endsAt);
                left = Math.Max(0, quota - _sent - _unsent - 1);
                isFirstUnsent = false;
                if (_sent + _unsent >= quota)
                    return false;

                _unsent++;
                isFirstUnsent = !_isQueued;
                _isQueued = true;
                return true;
            }
        }

        /// <summary>Whether the new requests are to be shared now; they can wait while much of the limit is left.</summary>
        public bool IsDue(TimeProvider clock)
        {
            lock (_gate)
                return _sharedAt is not { } sharedAt || clock.GetElapsedTime(sharedAt) >= MaxShareInterval
                    || _unsent >= (_quota - _sent) / PartOfRest;
        }

        /// <returns>The number of requests that Redis does not have yet, and the end of their minute.</returns>
        public (long Amount, long EndsAt) Unsent()
        {
            lock (_gate)
            {
                _isQueued = false;
                return (_unsent, _endsAt);
            }
        }

        /// <summary>Records that requests were sent to Redis.</summary>
        /// <param name="unsent">The requests that were sent.</param>
        /// <param name="answer">The count of all processes, and the time until its minute ends; null during an outage. Then it is unknown
        /// whether Redis has the requests; they are not sent again, so that no request counts twice.</param>
        /// <param name="clock">The clock for the end of the minute.</param>
        public void MarkSent((long Amount, long EndsAt) unsent, (long Count, TimeSpan Left)? answer, TimeProvider clock)
        {
            lock (_gate)
            {
                // A new minute has begun in this process.
                if (_endsAt != unsent.EndsAt)
                    return;

                (_sent, _unsent, _sharedAt) = (_sent + unsent.Amount, _unsent - unsent.Amount, clock.GetTimestamp());
                // When Redis has a smaller count, it lost its data: the local count stays until the minute ends.
                if (answer is { } known && known.Count >= _sent)
                    (_sent, _endsAt) = (known.Count, clock.GetTimestamp() + Ticks(known.Left, clock));
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
