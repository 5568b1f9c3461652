using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Caching;
using Portico.Infrastructure.Postgres;
using ZiggyCreatures.Caching.Fusion;

namespace Portico.Infrastructure.QueryCache;

/// <summary>Makes the answers stale that depend on what was committed, so that no use case has to say it.</summary>
/// <remarks>
/// This process knows it at once. The others learn of it from the backplane, or when they read the tag in Redis again after 1 s. While
/// Redis is away, or when this process dies right after the commit, they give an older answer for the query's lifetime at most.
/// What is changed by raw SQL is not seen here: call <see cref="Invalidate"/>.
/// </remarks>
internal sealed class CacheInvalidation(IFusionCache cache, CacheMetrics metrics, TimeProvider clock) : ICommitObserver
{
    // As many as there are dependencies. Redis may come back with an older mark of a tag than the one that this process made.
    private readonly ConcurrentDictionary<string, Change> _changes = new(StringComparer.Ordinal);

    public async ValueTask Committed(IReadOnlyList<WrittenRecord> records)
    {
        var touched = DependsOnAttribute.All.Where(dependency => records.Any(record => Touches(dependency, record)));
        string[] tags = [.. touched.Select(dependency => dependency.Tag)];
        if (tags.Length > 0)
            await Invalidate(tags);
    }

    /// <summary>Makes every answer stale that depends on these; see <see cref="DependsOnAttribute.Tag"/>.</summary>
    public async Task Invalidate(IReadOnlyList<string> tags)
    {
        var change = new Change(clock.GetUtcNow(), clock.GetTimestamp());
        foreach (var tag in tags)
            _changes[tag] = change;
        metrics.Invalidated(tags.Count);
        // It throws nothing for an outage, and tries again by itself.
        await cache.RemoveByTagAsync(tags);
    }

    /// <summary>Whether this process has changed what the query depends on since then.</summary>
    public bool IsStale(DateTimeOffset madeAt, CachedQuery query)
    {
        foreach (var tag in query.Tags)
        {
            // After the lifetime no answer is left from before, even if the clock was set back meanwhile.
            if (_changes.TryGetValue(tag, out var change) && madeAt <= change.At && clock.GetElapsedTime(change.Timestamp) < query.Lifetime)
                return true;
        }

        return false;
    }

    private static bool Touches(DependsOnAttribute dependency, WrittenRecord record)
    {
        if (record.Record.GetType() != dependency.Record)
            return false;
        return dependency.Properties.Count == 0 ||
            (record.State == EntityState.Modified && dependency.Properties.Intersect(record.Modified, StringComparer.Ordinal).Any());
    }

    private sealed record Change(DateTimeOffset At, long Timestamp);
}
