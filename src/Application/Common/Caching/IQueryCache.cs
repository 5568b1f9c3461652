using Portico.Domain.Common;

namespace Portico.Application.Common.Caching;

/// <summary>A query whose answer may be cached.</summary>
/// <param name="Name">The query's name, for keys and metrics.</param>
/// <param name="Text">The query with its properties as JSON; it is part of the cache key.</param>
/// <param name="Lifetime">How long an answer may be used.</param>
/// <param name="Tags">The tags whose invalidation removes the answer.</param>
public sealed record CachedQuery(string Name, string Text, TimeSpan Lifetime, IReadOnlyList<string> Tags);

/// <summary>Caches answers of queries for all replicas.</summary>
/// <remarks>
/// On the replica that made a change the change is visible at once. On other replicas it is visible within 1 s while Redis is available,
/// and at the latest after the query's lifetime when it is not. For one query one execution runs at a time (request coalescing): across
/// all replicas while Redis is available. An answer is refreshed before its lifetime ends. Errors are never cached.
/// </remarks>
public interface IQueryCache
{
    /// <summary>Returns the cached answer, or executes the query and caches its answer.</summary>
    /// <param name="query">The query.</param>
    /// <param name="make">Executes the query, without a caller and possibly for several callers.</param>
    /// <param name="cancellationToken">Cancels the wait of this caller.</param>
    Task<(TResult Answer, CacheUse Use)> Get<TResult>(
        CachedQuery query, Func<CancellationToken, Task<TResult>> make, CancellationToken cancellationToken)
        where TResult : IResult<TResult>;
}

/// <summary>How the cache produced an answer.</summary>
/// <param name="Kind">From the cache, or executed and stored.</param>
/// <param name="Age">How long ago it was made.</param>
/// <param name="TimeToLive">How long it can still be used.</param>
public readonly record struct CacheUse(CacheUseKind Kind, TimeSpan Age, TimeSpan TimeToLive);

/// <summary>Where an answer came from.</summary>
public enum CacheUseKind
{
    Hit = 1,
    Miss = 2,
}

/// <summary>Reports to the caller how the cache produced the answer.</summary>
public interface ICacheReport
{
    void Report(CacheUse use);
}
