using Microsoft.Extensions.Logging;
using Npgsql;
using Portico.Application.Common;
using Portico.Application.Common.Security;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Persistence;
using Portico.Infrastructure.Redis;
using StackExchange.Redis;

namespace Portico.Infrastructure.Caching;

/// <summary>Tells the cache what committed changes have made stale, and says whether this process may rely on the cache.</summary>
/// <remarks>
/// Each tag has a mark in Redis which every such change replaces; an answer counts only under the marks that it was made under.
/// A change is noted in PostgreSQL too, in its own transaction. Every process relies on the cache only if it has read these notes
/// within <c>Cache:Reliance</c>. While Redis is away, whoever made a change gets the answer only that long after the commit: by then
/// no process gives an older answer. So for the author there is no stale answer, and for others none after that time.
/// A process that is too busy to read the notes in time does without the cache for as long.
/// A broken connection may hide that Redis has lost its last second, so after one all answers from before are left aside.
/// </remarks>
internal sealed partial class StaleTags(NpgsqlDataSource database, RedisConnection redis, CacheSettings settings, CacheMetrics metrics, TimeProvider clock, ILogger<StaleTags> logger)
    : PeriodicService(settings.Reliance / 2, clock, logger)
{
    private const int MaxRowsATag = 1_000;

    // More than clocks of two machines drift apart in so short a time.
    private static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(20);

    // Longer than any answer lives, so that a mark which is gone was of no answer that is still there.
    private static readonly TimeSpan MarkLife = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private HashSet<string> _stale = new(StringComparer.Ordinal);
    private long? _readAt;
    private int _knownBreaks = -1;

    /// <summary>The mark that changes whenever all answers are to be left aside.</summary>
    public RedisKey Everything => redis.Key("cache-mark:*");

    public RedisKey Mark(string tag) => redis.Key($"cache-mark:{tag}");

    /// <summary>Whether what the cache says of these tags can be relied on now.</summary>
    public bool CanRely(IReadOnlyList<string> tags)
    {
        lock (_lock)
            return _readAt is { } at && Clock.GetElapsedTime(at) < settings.Reliance && _knownBreaks == redis.Breaks && !tags.Any(_stale.Contains);
    }

    /// <summary>All answers are left aside until there is a mark again: Redis was emptied.</summary>
    public void LostMarks() => Volatile.Write(ref _knownBreaks, -1);

    /// <summary>Tells of changes that have just been committed, before anybody is answered.</summary>
    public async Task Committed(IReadOnlyCollection<StaleTag> rows, ICurrentUser author, CancellationToken cancellationToken)
    {
        var committedAt = Clock.GetTimestamp();
        var tags = rows.Select(row => row.Tag).Distinct(StringComparer.Ordinal).ToArray();
        lock (_lock)
            _stale = [.. _stale, .. tags];
        if (await TryTell(tags, cancellationToken))
            await TryForget([.. rows.Select(row => row.Id)], tags, cancellationToken);
        else if (author.IsAuthenticated && settings.Reliance + Margin - Clock.GetElapsedTime(committedAt) is { Ticks: > 0 } left)
            await Task.Delay(left, Clock, CancellationToken.None);
    }

    protected override async Task Do(long round, CancellationToken cancellationToken)
    {
        var startedAt = Clock.GetTimestamp();
        var rows = await Read(cancellationToken);
        var tags = rows.Select(row => row.Tag).ToArray();
        lock (_lock)
            (_stale, _readAt) = (new HashSet<string>(tags, StringComparer.Ordinal), startedAt);
        if (tags.Length > 0 && await TryTell(tags, cancellationToken))
            await TryForget([.. rows.SelectMany(row => row.Ids)], tags, cancellationToken);
        await Resume(cancellationToken);
    }

    private async Task<List<(string Tag, Guid[] Ids)>> Read(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT tag, (array_agg(id))[:$1] FROM stale_tags GROUP BY tag");
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = MaxRowsATag });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<(string, Guid[])> rows = [];
        while (await reader.ReadAsync(cancellationToken))
            rows.Add((reader.GetString(0), reader.GetFieldValue<Guid[]>(1)));
        return rows;
    }

    /// <summary>Relies on the cache again after a connection broke, on nothing that is from before.</summary>
    private async Task Resume(CancellationToken cancellationToken)
    {
        var breaks = redis.Breaks;
        if (Volatile.Read(ref _knownBreaks) == breaks)
            return;

        if (await TryMark([Everything], cancellationToken))
            Volatile.Write(ref _knownBreaks, breaks);
    }

    private async Task<bool> TryTell(string[] tags, CancellationToken cancellationToken)
    {
        var told = await TryMark([.. tags.Select(Mark)], cancellationToken);
        metrics.Invalidated(tags.Length, told);
        return told;
    }

    private async Task<bool> TryMark(RedisKey[] marks, CancellationToken cancellationToken)
    {
        try
        {
            var mark = Guid.NewGuid().ToString("N");
            await redis.Run(db => Task.WhenAll(marks.Select(key => db.StringSetAsync(key, mark, MarkLife))), cancellationToken);
            return true;
        }
        catch (DependencyUnavailableException)
        {
            return false;
        }
    }

    private async Task TryForget(Guid[] ids, string[] tags, CancellationToken cancellationToken)
    {
        lock (_lock)
            _stale = [.. _stale.Except(tags, StringComparer.Ordinal)];
        try
        {
            await using var command = database.CreateCommand("DELETE FROM stale_tags WHERE id = ANY ($1)");
            command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = ids });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (Exception failure) when (DatabaseOutage.Is(failure))
        {
            // Told once more the next time, which does no harm.
            LogAway(failure.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "What the cache was told is stale can't be forgotten now and is told again: {Failure}")]
    private partial void LogAway(string failure);
}
