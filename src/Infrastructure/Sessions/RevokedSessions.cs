using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Portico.Application.Auth;
using Portico.Application.Common;
using Portico.Infrastructure.RateLimiting;
using Portico.Infrastructure.Redis;
using Portico.Infrastructure.SigningKeys;
using StackExchange.Redis;

namespace Portico.Infrastructure.Sessions;

/// <summary>Keeps a copy of the short list of revoked sessions in Redis in memory, so that a token check needs no call.</summary>
/// <remarks>
/// The list is a sorted set by the time of the revocation. An entry is kept for the lifetime of an access token, so the list is as long
/// as the sign-outs of some minutes. A check never trusts a copy that is older than 1 s. Checks trigger the next read ahead of time, so
/// they rarely wait: a process without checks does not read, and the first check after that waits for one read. A process writes its
/// entries again when Redis lost its data or the connection was lost, so that processes that start later get them too. During an outage
/// of Redis the last copy is used, and sessions that end here are written and ended when Redis is back: their access tokens are invalid
/// here immediately, so the user could not repeat the sign-out. Thread-safe.
/// </remarks>
internal sealed partial class RevokedSessions(
    RedisConnection redis, TokenSettings tokens, TimeProvider clock, ILogger<RevokedSessions> logger)
    : BackgroundService, IRevokedSessions
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(400);
    private const int MaxUntold = 100_000;
    private const int ToldAtOnce = 128;

    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(5);

    // ARGV: lifetime of an entry in milliseconds, the session id
    private const string AddScript = """
        local t = redis.call('TIME')
        local now = t[1] * 1000 + math.floor(t[2] / 1000)
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1])
        redis.call('ZADD', KEYS[1], now, ARGV[2])
        redis.call('PEXPIRE', KEYS[1], ARGV[1])
        return now
        """;

    private readonly long _maxAge = clock.TimestampFrequency;
    private readonly long _lookAfter = (long)(LookInterval.TotalSeconds * clock.TimestampFrequency);
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _forgetAt = new();

    /// <summary>The sessions that are not yet written to Redis, each with its next step.</summary>
    private readonly ConcurrentDictionary<Guid, Func<CancellationToken, Task>> _untold = new();
    private readonly Lock _gate = new();
    private Task? _look;
    private long _lookBegan = long.MinValue;
    private long _lookedAt = long.MinValue;
    private bool _isAway;
    private double _seenUpTo = double.NegativeInfinity;
    private (string Name, int Breaks)? _toldTo;

    /// <summary>The lifetime of an entry: longer than an access token lives, including the clock skew of verifiers.</summary>
    private TimeSpan Life => tokens.AccessTokenLifetime + (2 * tokens.ClockSkew);

    private RedisKey Key => redis.Key("sessions:revoked");
    private RedisKey NameKey => redis.Key("sessions:revoked-name");

    public ValueTask<bool> Contains(Guid sessionId, CancellationToken cancellationToken)
    {
        var now = clock.GetTimestamp();
        if (now - _lookAfter > Volatile.Read(ref _lookBegan))
            _ = Look();
        var asOf = now - _maxAge;
        return IsKnown(asOf)
            ? ValueTask.FromResult(_forgetAt.ContainsKey(sessionId))
            : ContainsAfterReading(sessionId, asOf, cancellationToken);
    }

    /// <summary>Revokes a session: in this process immediately, and in Redis now or when it is back.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="then">The step after that, repeated until it succeeds.</param>
    /// <param name="cancellationToken">Cancels only the wait.</param>
    public async Task Add(Guid sessionId, Func<CancellationToken, Task> then, CancellationToken cancellationToken)
    {
        _forgetAt[sessionId] = clock.GetUtcNow() + Life;
        if (_untold.Count < MaxUntold)
            _untold[sessionId] = then;
        await Tell(sessionId, then, cancellationToken);
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the first request, and before other services that start keep the processors busy.
        await Look().WaitAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookInterval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                // Only while there are entries to write, now or after Redis loses its data.
                if (!_untold.IsEmpty || !_forgetAt.IsEmpty)
                    await Look().WaitAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async ValueTask<bool> ContainsAfterReading(Guid sessionId, long asOf, CancellationToken cancellationToken)
    {
        // At most twice: the second read begins after this check.
        while (!IsKnown(asOf))
            await Look().WaitAsync(cancellationToken);
        return _forgetAt.ContainsKey(sessionId);
    }

    /// <summary>Whether the copy was read at this time or later, or a read failed since.</summary>
    private bool IsKnown(long asOf) => Volatile.Read(ref _lookedAt) >= asOf;

    /// <summary>Reads the list, one read at a time for all callers; its only deadline is the one of the Redis connection.</summary>
    private Task Look()
    {
        lock (_gate)
            return _look is { IsCompleted: false } ? _look : _look = TryFollow();
    }

    private async Task TryFollow()
    {
        var began = clock.GetTimestamp();
        Volatile.Write(ref _lookBegan, began);
        try
        {
            await Follow(CancellationToken.None);
            _isAway = false;
        }
        catch (Exception failure) when (failure is DependencyUnavailableException or RedisException)
        {
            // Logged once per outage.
            if (!_isAway)
                LogAway(failure.Message);
            _isAway = true;
            // The failed read counts as a read, so that checks use the old copy and don't wait.
            Volatile.Write(ref _lookedAt, began);
        }
    }

    private async Task Tell(Guid sessionId, Func<CancellationToken, Task> then, CancellationToken cancellationToken)
    {
        await Tell(sessionId, cancellationToken);
        await then(cancellationToken);
        _untold.TryRemove(sessionId, out _);
    }

    private async Task Tell(Guid sessionId, CancellationToken cancellationToken) =>
        await redis.Script(AddScript, [Key], [(long)Life.TotalMilliseconds, sessionId.ToString("N")], cancellationToken);

    /// <summary>Reads the new entries, and the name of the data set in Redis: it has none after a loss of data.</summary>
    private async Task<(SortedSetEntry[] Entries, string? Name)> Read(IDatabase database)
    {
        // With an overlap, because a replica may have been promoted in between.
        var entries = database.SortedSetRangeByScoreWithScoresAsync(Key, _seenUpTo - Overlap.TotalMilliseconds);
        var name = database.StringGetAsync(NameKey);
        await Task.WhenAll(entries, name);
        return (await entries, await name);
    }

    private async Task<string> Rename(IDatabase database)
    {
        var name = Guid.NewGuid().ToString("N");
        return await database.StringSetAsync(NameKey, name, when: When.NotExists) ? name : (await database.StringGetAsync(NameKey))!;
    }

    private async Task TellAgainIfLost(string name, int breaks, CancellationToken cancellationToken)
    {
        if (_toldTo is { } known && known != (name, breaks))
        {
            foreach (var sessions in _forgetAt.Keys.Chunk(ToldAtOnce))
                await Task.WhenAll(sessions.Select(session => Tell(session, cancellationToken)));
        }

        _toldTo = (name, breaks);
    }

    private async Task Follow(CancellationToken cancellationToken)
    {
        var askedAt = clock.GetTimestamp();
        var breaks = redis.Breaks;
        var (entries, name) = await redis.Run(Read, cancellationToken);
        var now = clock.GetUtcNow();
        foreach (var entry in entries)
        {
            _forgetAt.TryAdd(Guid.Parse((string)entry.Element!), now + Life);
            _seenUpTo = Math.Max(_seenUpTo, entry.Score);
        }

        Volatile.Write(ref _lookedAt, askedAt);

        foreach (var (session, forgetAt) in _forgetAt)
        {
            if (forgetAt <= now)
                _forgetAt.TryRemove(session, out _);
        }

        // After the read, because a full Redis rejects writes but still allows reads.
        foreach (var (session, then) in _untold)
            await Tell(session, then, cancellationToken);
        await TellAgainIfLost(name ?? await redis.Run(Rename, cancellationToken), breaks, cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "Redis is unavailable; sessions that other replicas revoke are not seen until it is back: {Failure}")]
    private partial void LogAway(string failure);
}
