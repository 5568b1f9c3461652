using System.Security.Cryptography;
using System.Text;
using Portico.Application.Common.Caching;
using Portico.Application.Common.Messaging;
using Portico.Domain.Common;
using ZiggyCreatures.Caching.Fusion;

namespace Portico.Infrastructure.QueryCache;

/// <summary>Keeps answers in memory and in Redis by FusionCache, under tags that <see cref="CacheInvalidation"/> makes stale.</summary>
/// <remarks>An answer that waits for another one of the same key does so for 1 s at most, and is then made as well.</remarks>
internal sealed class FusionQueryCache(IFusionCache cache, CacheInvalidation invalidation, CacheMetrics metrics, TimeProvider clock)
    : IQueryCache
{
    // From then on one reader makes the next answer, and nobody waits for it.
    private const float RefreshAt = 0.8f;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    // More than clocks of two servers differ; an answer from later than that comes from a clock that has jumped.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(1);

    // Two builds may write the same answer in two forms.
    private static readonly string Build = typeof(AnswerJson).Module.ModuleVersionId.ToString("N")[..8];

    public async Task<(TResult Answer, CacheUse Use)> Get<TResult>(
        CachedQuery query, Func<CancellationToken, Task<TResult>> make, CancellationToken cancellationToken)
        where TResult : IResult<TResult>
    {
        var key = $"{query.Name}:{Build}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(query.Text)))}";
        var (kept, isNew) = await Ask(key, query, Options(query), make, cancellationToken);
        if (!isNew && !IsGood(kept, query))
        {
            // Redis kept it over an outage in which this process changed a record, or another clock made it.
            await cache.RemoveAsync(key, Options(query), cancellationToken);
            (kept, isNew) = await Ask(key, query, Options(query).SetSkipDistributedCacheRead(true), make, cancellationToken);
        }

        var age = isNew ? TimeSpan.Zero : Age(kept);
        var use = new CacheUse(isNew ? CacheUseKind.Miss : CacheUseKind.Hit, age, query.Lifetime - age);
        metrics.Read(query.Name, use);
        return (kept.Answer, use);
    }

    private async Task<(Kept<TResult> Kept, bool IsNew)> Ask<TResult>(
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
                var answer = await Apart(() => make(token));
                if (answer.Error is not null)
                    context.Options.SetSkipMemoryCacheWrite(true).SetSkipDistributedCacheWrite(true, true);
                return made = new Kept<TResult>(answer, madeAt);
            },
            options: options,
            tags: query.Tags,
            token: cancellationToken);
        return (kept, ReferenceEquals(kept, made));
    }

    private bool IsGood<TResult>(Kept<TResult> kept, CachedQuery query)
    {
        var age = clock.GetUtcNow() - kept.MadeAt;
        return age < query.Lifetime && age > -ClockTolerance && !invalidation.IsStale(kept.MadeAt, query);
    }

    private TimeSpan Age<TResult>(Kept<TResult> kept) => clock.GetUtcNow() - kept.MadeAt is { Ticks: > 0 } age ? age : TimeSpan.Zero;

    private static FusionCacheEntryOptions Options(CachedQuery query) => new(query.Lifetime)
    {
        EagerRefreshThreshold = RefreshAt,
        LockTimeout = LongestWait,
        Size = 1,
        // What others have is made stale by tags; that there is a new answer concerns nobody.
        SkipBackplaneNotifications = true,
        ReThrowSerializationExceptions = false,
    };

    // Away from the request that asks first: its caller and its trace are none of the others' business.
    private static Task<T> Apart<T>(Func<Task<T>> make)
    {
        using var nothing = ExecutionContext.SuppressFlow();
        return Task.Run(make);
    }
}

/// <summary>An answer, and when its making began.</summary>
internal sealed record Kept<TResult>(TResult Answer, DateTimeOffset MadeAt);
