using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Caching;
using Portico.Infrastructure.Postgres;
using ZiggyCreatures.Caching.Fusion;

namespace Portico.Infrastructure.QueryCache;

/// <summary>Invalidates the cached answers that depend on committed records, so that no use case has to do it.</summary>
/// <remarks>
/// In this process the invalidation is immediate. Other processes get it from the backplane, or read the tag in Redis again after 1 s.
/// During an outage of Redis, or when this process dies right after the commit, they return an older answer for at most the lifetime of
/// the query. Changes by raw SQL are not seen here: call <see cref="Invalidate"/>.
/// </remarks>
internal sealed class CacheInvalidation(IFusionCache cache, CacheMetrics metrics, TimeProvider clock) : ICommitObserver
{
    private static readonly FusionCacheEntryOptions TagOptions = CachingRegistration.TagOptions();

    // One entry for each dependency. After an outage Redis may have an older mark of a tag than the mark of this process.
    private readonly ConcurrentDictionary<string, Change> _changes = new(StringComparer.Ordinal);

    public async ValueTask Committed(IReadOnlyList<WrittenRecord> records)
    {
        var touched = DependsOnAttribute.All.Where(dependency => records.Any(record => Touches(dependency, record)));
        string[] tags = [.. touched.Select(dependency => dependency.Tag)];
        if (tags.Length > 0)
            await Invalidate(tags);
    }

    /// <summary>Invalidates every answer with one of these tags; see <see cref="DependsOnAttribute.Tag"/>.</summary>
    public async Task Invalidate(IReadOnlyList<string> tags)
    {
        var change = new Change(clock.GetUtcNow(), clock.GetTimestamp());
        foreach (var tag in tags)
            _changes[tag] = change;
        metrics.Invalidated(tags.Count);
        // It does not throw during an outage, and retries by itself.
        await cache.RemoveByTagAsync(tags);
    }

    /// <summary>Whether a record that the query depends on has changed since the making of the answer began.</summary>
    /// <remarks>FusionCache compares the change with the end of the making when it refreshes an answer early.</remarks>
    public async ValueTask<bool> IsStale(DateTimeOffset madeAt, CachedQuery query, CancellationToken cancellationToken)
    {
        foreach (var tag in query.Tags)
        {
            // After the lifetime no older answer is left, even if the clock was set back.
            if (_changes.TryGetValue(tag, out var change) && madeAt <= change.At && clock.GetElapsedTime(change.Timestamp) < query.Lifetime)
                return true;
            if (madeAt.UtcTicks <= await MarkOf(tag, cancellationToken))
                return true;
        }

        return false;
    }

    /// <summary>When a process last changed a record with the tag, as FusionCache knows it; 0 for never.</summary>
    private ValueTask<long> MarkOf(string tag, CancellationToken cancellationToken) => cache.GetOrDefaultAsync(
        FusionCacheInternalStrings.DefaultTagCacheKeyPrefix + tag, 0L, TagOptions, cancellationToken);

    private static bool Touches(DependsOnAttribute dependency, WrittenRecord record) =>
        record.Record.GetType() == dependency.Record
        && (dependency.Properties.Count == 0
            || (record.State == EntityState.Modified && dependency.Properties.Intersect(record.Modified, StringComparer.Ordinal).Any()));

    private sealed record Change(DateTimeOffset At, long Timestamp);
}
