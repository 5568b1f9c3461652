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

/// <summary>Follows the short list of ended sessions in Redis, so that a token check asks nobody.</summary>
/// <remarks>
/// A sorted set by the time of the end; an entry is kept for the life of an access token, so the list is as long as the
/// sign-outs of some minutes. A check never trusts a list that is older than 1 s. The list is read while it is asked for, ahead of
/// time, so that seldom anybody waits: a process that nobody asks asks Redis nothing, and the first who asks it then waits for one
/// look. What a process knows it tells again when Redis was emptied or the connection broke, so that a process that starts later
/// learns of it too. While Redis is away the list is as it was last seen, and what ends here is told and ended when it is back: the
/// person who signs out then is refused here at once, so they could not ask again.
/// </remarks>
internal sealed partial class RevokedSessions(
    RedisConnection redis, TokenSettings tokens, TimeProvider clock, ILogger<RevokedSessions> logger)
    : BackgroundService, IRevokedSessions
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(400);
    private const int MaxUntold = 100_000;
    private const int ToldAtOnce = 128;

    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(5);

    // ARGV: life of an entry in milliseconds, the session
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

    /// <summary>Those that Redis could not be told of yet, and what is to be done with each besides.</summary>
    private readonly ConcurrentDictionary<Guid, Func<CancellationToken, Task>> _untold = new();
    private readonly Lock _gate = new();
    private Task? _look;
    private long _lookBegan = long.MinValue;
    private long _lookedAt = long.MinValue;
    private bool _isAway;
    private double _seenUpTo = double.NegativeInfinity;
    private (string Name, int Breaks)? _toldTo;

    /// <summary>Longer than any access token lives, with the leeway that verifiers give.</summary>
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

    /// <summary>Refuses the access tokens of a session: here at once. When Redis can't be told now, it is told when it is back.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="then">What is done after that, as often as it takes to succeed.</param>
    /// <param name="cancellationToken">Ends the wait, not what has begun.</param>
    public async Task Add(Guid sessionId, Func<CancellationToken, Task> then, CancellationToken cancellationToken)
    {
        _forgetAt[sessionId] = clock.GetUtcNow() + Life;
        if (_untold.Count < MaxUntold)
            _untold[sessionId] = then;
        await Tell(sessionId, then, cancellationToken);
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the first request asks, and before everything else that starts keeps the processors busy.
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
                // Only for what is still to be told, now or when Redis has lost it.
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
        // Twice at most: the second look begins after the question.
        while (!IsKnown(asOf))
            await Look().WaitAsync(cancellationToken);
        return _forgetAt.ContainsKey(sessionId);
    }

    /// <summary>Whether the list is as of then or later, or could not be had since.</summary>
    private bool IsKnown(long asOf) => Volatile.Read(ref _lookedAt) >= asOf;

    /// <summary>One look at a time, for whoever asks; it has the deadline of Redis and no other.</summary>
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
            // Said once, and not at each look for as long as it lasts.
            if (!_isAway)
                LogAway(failure.Message);
            _isAway = true;
            // As good as it gets: nobody waits for another look before this one is too old as well.
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

    /// <summary>The new part of the list, and the name of what Redis holds: an emptied one has none.</summary>
    private async Task<(SortedSetEntry[] Entries, string? Name)> Read(IDatabase database)
    {
        // Once more what came shortly before: a replica may have been promoted in between.
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

        // Only now: a Redis that is full refuses these, and can be read all the same.
        foreach (var (session, then) in _untold)
            await Tell(session, then, cancellationToken);
        await TellAgainIfLost(name ?? await redis.Run(Rename, cancellationToken), breaks, cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "Redis is away: sessions that other replicas end are not seen until it is back: {Failure}")]
    private partial void LogAway(string failure);
}
