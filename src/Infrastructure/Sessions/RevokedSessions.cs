using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Portico.Application.Common;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Redis;
using Portico.Infrastructure.SigningKeys;
using StackExchange.Redis;

namespace Portico.Infrastructure.Sessions;

/// <summary>Keeps a copy of the short list of revoked sessions in Redis in memory, so that a token check needs no call.</summary>
/// <remarks>
/// The list is a sorted set by the time of the revocation. An entry is kept for the lifetime of an access token, so the list is as long
/// as the sign-outs of some minutes. A new entry is also a message to all processes, so that they know it within some milliseconds; a
/// message can get lost, so a check never trusts a copy that is older than 1 s. Checks trigger the next read ahead of time, so they rarely
/// wait: a process without checks does not read, and the first check after that waits for one read. A process writes its
/// entries again when Redis lost its data or the connection was lost, so that processes that start later get them too. During an outage
/// of Redis the last copy is used, and sessions that end here are written and ended when Redis is back: their access tokens are invalid
/// here immediately, so the user could not repeat the sign-out. Thread-safe.
/// </remarks>
internal sealed partial class RevokedSessions(
    RedisConnection redis, TokenSettings tokens, TimeProvider clock, ILogger<RevokedSessions> logger)
    : PeriodicService(IdleInterval, clock, logger), IRevokedSessions
{
    // Entries wake it; without entries there is nothing to do.
    private static readonly TimeSpan IdleInterval = TimeSpan.FromHours(1);
    private static readonly TimeSpan ReadInterval = TimeSpan.FromMilliseconds(400);
    private const string ChannelName = "sessions:revoked-now";
    private const int MaxUnwritten = 100_000;
    private const int MaxConcurrentWrites = 128;

    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(5);

    // ARGV: lifetime of an entry in milliseconds, the session id, the channel of the message
    private const string AddScript = """
        local t = redis.call('TIME')
        local now = t[1] * 1000 + math.floor(t[2] / 1000)
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1])
        redis.call('ZADD', KEYS[1], now, ARGV[2])
        redis.call('PEXPIRE', KEYS[1], ARGV[1])
        redis.call('PUBLISH', ARGV[3], ARGV[2])
        return now
        """;

    private readonly long _maxAge = clock.TimestampFrequency;
    private readonly long _readAfter = (long)(ReadInterval.TotalSeconds * clock.TimestampFrequency);
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _expiresAt = new();

    /// <summary>The sessions that are not yet written to Redis, each with its next step.</summary>
    private readonly ConcurrentDictionary<Guid, Func<CancellationToken, Task>> _unwritten = new();
    private readonly Lock _gate = new();
    private Task? _refresh;
    private long _readBegan = long.MinValue;
    private long _readAt = long.MinValue;
    private bool _isAway;
    private double _seenUpTo = double.NegativeInfinity;
    private (string Name, int Breaks)? _writtenTo;

    /// <summary>The lifetime of an entry: longer than an access token lives, including the clock skew of verifiers.</summary>
    private TimeSpan Life => tokens.AccessTokenLifetime + (2 * tokens.ClockSkew);

    private RedisKey Key => redis.Key("sessions:revoked");
    private string Channel => redis.Key(ChannelName)!;
    private RedisKey NameKey => redis.Key("sessions:revoked-name");

    public ValueTask<bool> Contains(Guid sessionId, CancellationToken cancellationToken)
    {
        var now = Clock.GetTimestamp();
        if (now - _readAfter > Volatile.Read(ref _readBegan))
            _ = Refresh();
        var asOf = now - _maxAge;
        return IsFresh(asOf)
            ? ValueTask.FromResult(_expiresAt.ContainsKey(sessionId))
            : ContainsAfterReading(sessionId, asOf, cancellationToken);
    }

    /// <summary>Revokes a session: in this process immediately, and in Redis now or when it is back.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="then">The step after that, repeated until it succeeds.</param>
    /// <param name="cancellationToken">Cancels only the wait.</param>
    public async Task Add(Guid sessionId, Func<CancellationToken, Task> then, CancellationToken cancellationToken)
    {
        _expiresAt[sessionId] = Clock.GetUtcNow() + Life;
        Wake();
        if (_unwritten.Count < MaxUnwritten)
            _unwritten[sessionId] = then;
        await Write(sessionId, then, cancellationToken);
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the first request, and before other services that start keep the processors busy.
        await Refresh().WaitAsync(cancellationToken);
        _ = redis.Subscribe(ChannelName, AddRevokedElsewhere);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task Do(long round, CancellationToken cancellationToken)
    {
        // Only while there are entries to write, now or after Redis loses its data.
        if (_unwritten.IsEmpty && _expiresAt.IsEmpty)
            return;

        Wake();
        await Task.Delay(ReadInterval, Clock, cancellationToken);
        await Refresh().WaitAsync(cancellationToken);
    }

    private async ValueTask<bool> ContainsAfterReading(Guid sessionId, long asOf, CancellationToken cancellationToken)
    {
        // At most twice: the second read begins after this check.
        while (!IsFresh(asOf))
            await Refresh().WaitAsync(cancellationToken);
        return _expiresAt.ContainsKey(sessionId);
    }

    private void AddRevokedElsewhere(RedisValue message)
    {
        if (Guid.TryParse((string?)message, out var session) && _expiresAt.TryAdd(session, Clock.GetUtcNow() + Life))
            Wake();
    }

    /// <summary>Whether the copy was read at this time or later, or a read failed since.</summary>
    private bool IsFresh(long asOf) => Volatile.Read(ref _readAt) >= asOf;

    /// <summary>Reads the list, one read at a time for all callers; its only deadline is the one of the Redis connection.</summary>
    private Task Refresh()
    {
        lock (_gate)
            return _refresh is { IsCompleted: false } ? _refresh : _refresh = TryReadList();
    }

    private async Task TryReadList()
    {
        var began = Clock.GetTimestamp();
        Volatile.Write(ref _readBegan, began);
        try
        {
            await ReadList(CancellationToken.None);
            _isAway = false;
            if (!_expiresAt.IsEmpty)
                Wake();
        }
        catch (Exception failure) when (failure is DependencyUnavailableException or RedisException)
        {
            // Logged once per outage.
            if (!_isAway)
                LogAway(failure.Message);
            _isAway = true;
            // The failed read counts as a read, so that checks use the old copy and don't wait.
            Volatile.Write(ref _readAt, began);
        }
    }

    private async Task Write(Guid sessionId, Func<CancellationToken, Task> then, CancellationToken cancellationToken)
    {
        await Write(sessionId, cancellationToken);
        await then(cancellationToken);
        _unwritten.TryRemove(sessionId, out _);
    }

    private async Task Write(Guid sessionId, CancellationToken cancellationToken) =>
        await redis.Script(AddScript, [Key], [(long)Life.TotalMilliseconds, sessionId.ToString("N"), Channel], cancellationToken);

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

    private async Task WriteAgainIfLost(string name, int breaks, CancellationToken cancellationToken)
    {
        if (_writtenTo is { } known && known != (name, breaks))
        {
            foreach (var sessions in _expiresAt.Keys.Chunk(MaxConcurrentWrites))
                await Task.WhenAll(sessions.Select(session => Write(session, cancellationToken)));
        }

        _writtenTo = (name, breaks);
    }

    private async Task ReadList(CancellationToken cancellationToken)
    {
        var readAt = Clock.GetTimestamp();
        var breaks = redis.Breaks;
        var (entries, name) = await redis.Run(Read, cancellationToken);
        var now = Clock.GetUtcNow();
        foreach (var entry in entries)
        {
            _expiresAt.TryAdd(Guid.Parse((string)entry.Element!), now + Life);
            _seenUpTo = Math.Max(_seenUpTo, entry.Score);
        }

        Volatile.Write(ref _readAt, readAt);

        foreach (var (session, expiresAt) in _expiresAt)
        {
            if (expiresAt <= now)
                _expiresAt.TryRemove(session, out _);
        }

        // After the read, because a full Redis rejects writes but still allows reads.
        foreach (var (session, then) in _unwritten)
            await Write(session, then, cancellationToken);
        await WriteAgainIfLost(name ?? await redis.Run(Rename, cancellationToken), breaks, cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "Redis is unavailable; sessions that other replicas revoke are not seen until it is back: {Failure}")]
    private partial void LogAway(string failure);
}
