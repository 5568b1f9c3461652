using Portico.Domain.Common;

namespace Portico.Application.Common.Caching;

/// <summary>A query whose answer may be kept.</summary>
/// <param name="Name">The query's name, for keys and metrics.</param>
/// <param name="Text">All that the answer depends on besides the records.</param>
/// <param name="Lifetime">How long an answer may be given.</param>
/// <param name="Tags">What makes it be made anew.</param>
public sealed record CachedQuery(string Name, string Text, TimeSpan Lifetime, IReadOnlyList<string> Tags);

/// <summary>Keeps answers of queries for all replicas.</summary>
/// <remarks>
/// A person who has changed something reads the change from the same replica at once, anybody else within a second while Redis is there,
/// and never later than the query's lifetime when it is not. One answer at a time is made for a query, by all replicas together while
/// Redis is there, and before its lifetime is over. A refusal is never kept.
/// </remarks>
public interface IQueryCache
{
    /// <param name="query">What is asked.</param>
    /// <param name="make">Makes the answer, on behalf of nobody and maybe for several who ask.</param>
    /// <param name="cancellationToken">Ends the waiting of this caller.</param>
    Task<(TResult Answer, CacheUse Use)> Get<TResult>(
        CachedQuery query, Func<CancellationToken, Task<TResult>> make, CancellationToken cancellationToken)
        where TResult : IResult<TResult>;
}

/// <summary>How an answer came about.</summary>
/// <param name="Kind">From the cache, or made and kept.</param>
/// <param name="Age">How long ago it was made.</param>
/// <param name="TimeToLive">How long it would still be given.</param>
public readonly record struct CacheUse(CacheUseKind Kind, TimeSpan Age, TimeSpan TimeToLive);

/// <summary>Where an answer came from.</summary>
public enum CacheUseKind
{
    Hit = 1,
    Miss = 2,
}

/// <summary>Tells the caller how the answer came about.</summary>
public interface ICacheReport
{
    void Report(CacheUse use);
}
