using System.Security.Cryptography;
using System.Text;
using Portico.Application.Common.Caching;
using Portico.Application.Common.Messaging;
using Portico.Domain.Common;
using ZiggyCreatures.Caching.Fusion;

namespace Portico.Infrastructure.QueryCache;

/// <summary>Caches answers in memory and in Redis with FusionCache; <see cref="CacheInvalidation"/> invalidates their tags.</summary>
/// <remarks>Request coalescing: a request waits for at most 1 s for the same answer of another request, and then makes it itself.</remarks>
internal sealed class FusionQueryCache(IFusionCache cache, CacheInvalidation invalidation, CacheMetrics metrics, TimeProvider clock)
    : IQueryCache
{
    // After this share of the lifetime one reader refreshes the answer in the background.
    private const float RefreshAt = 0.8f;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    // More than the usual difference between two servers; an answer from further in the future comes from a clock that has jumped.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(1);

    // Two builds may serialise the same answer differently.
    private static readonly string Build = typeof(AnswerJson).Module.ModuleVersionId.ToString("N")[..8];

    public async Task<(TResult Answer, CacheUse Use)> Get<TResult>(
        CachedQuery query, Func<CancellationToken, Task<TResult>> make, CancellationToken cancellationToken)
        where TResult : IResult<TResult>
    {
        var key = $"{query.Name}:{Build}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(query.Text)))}";
        var (kept, isNew) = await GetOrMake(key, query, Options(query), make, cancellationToken);
        if (!isNew && !await IsValid(kept, query, cancellationToken))
        {
            // The answer was begun before a change of a record, or it is from a server with a wrong clock.
            await cache.RemoveAsync(key, Options(query), cancellationToken);
            (kept, isNew) = await GetOrMake(key, query, Options(query).SetSkipDistributedCacheRead(true), make, cancellationToken);
        }

        var age = isNew ? TimeSpan.Zero : Age(kept);
        var use = new CacheUse(isNew ? CacheUseKind.Miss : CacheUseKind.Hit, age, query.Lifetime - age);
        metrics.Read(query.Name, use);
        return (kept.Answer, use);
    }

    private async Task<(Kept<TResult> Kept, bool IsNew)> GetOrMake<TResult>(
        string key,
        CachedQuery query,
        FusionCacheEntryOptions options,
        Func<CancellationToken, Task<TResult>> make,
        CancellationToken cancellationToken)
        where TResult : IResult<TResult>
    {
        Kept<TResult>? made = null;
        var kept = await cache.GetOrSetAsync<Kept<TResult>>(
            key,
            async (context, token) =>
            {
                var madeAt = clock.GetUtcNow();
                var answer = await WithoutContext(() => make(token));
                if (answer.Error is not null)
                    context.Options.SetSkipMemoryCacheWrite(true).SetSkipDistributedCacheWrite(true, true);
                return made = new Kept<TResult>(answer, madeAt);
            },
            options: options,
            tags: query.Tags,
            token: cancellationToken);
        return (kept, ReferenceEquals(kept, made));
    }

    private async ValueTask<bool> IsValid<TResult>(Kept<TResult> kept, CachedQuery query, CancellationToken cancellationToken)
    {
        var age = clock.GetUtcNow() - kept.MadeAt;
        return age < query.Lifetime && age > -ClockTolerance && !await invalidation.IsStale(kept.MadeAt, query, cancellationToken);
    }

    private TimeSpan Age<TResult>(Kept<TResult> kept) => clock.GetUtcNow() - kept.MadeAt is { Ticks: > 0 } age ? age : TimeSpan.Zero;

    private static FusionCacheEntryOptions Options(CachedQuery query) => new(query.Lifetime)
    {
        EagerRefreshThreshold = RefreshAt,
        LockTimeout = LongestWait,
        Size = 1,
        // Tags invalidate the answers of other processes, so they need no notification about a new answer.
        SkipBackplaneNotifications = true,
        ReThrowSerializationExceptions = false,
    };

    // Without the execution context of the first request, so that its caller and its trace do not leak to other requests.
    private static Task<T> WithoutContext<T>(Func<Task<T>> make)
    {
        using var nothing = ExecutionContext.SuppressFlow();
        return Task.Run(make);
    }
}

/// <summary>A cached answer, and the time when its query began.</summary>
internal sealed record Kept<TResult>(TResult Answer, DateTimeOffset MadeAt);
