using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Caching.StackExchangeRedis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Portico.Application.Common.Caching;
using Portico.Application.Common.Messaging;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.Redis;
using ZiggyCreatures.Caching.Fusion;
using ZiggyCreatures.Caching.Fusion.Backplane.StackExchangeRedis;
using ZiggyCreatures.Caching.Fusion.Serialization.SystemTextJson;

namespace Portico.Infrastructure.QueryCache;

internal static class CachingRegistration
{
    private const int MaxAnswersInMemory = 2_000;

    // Longer than the lifetime of any answer, so that an expired tag belongs to no cached answer.
    private static readonly TimeSpan TagLifetime = TimeSpan.FromHours(1);

    // A message of the backplane may be lost with a connection; then the tag is read again from Redis.
    private static readonly TimeSpan LongestWithoutMessage = TimeSpan.FromMilliseconds(800);

    // Longer than the other processes need to reconnect after an outage of Redis.
    private static readonly TimeSpan TellAgainAfter = TimeSpan.FromSeconds(1);

    public static IServiceCollection AddQueryCache(this IServiceCollection services) => services
        .AddMetrics()
        .AddSingleton<CacheMetrics>()
        .AddSingleton<RedisLock>()
        .AddSingleton<IFusionCache>(Create)
        .AddSingleton<IQueryCache, FusionQueryCache>()
        .AddSingleton<CacheInvalidation>()
        .AddSingleton<ICommitObserver>(provider => provider.GetRequiredService<CacheInvalidation>());

    /// <summary>How the marks of tags are read: from memory for a time, then from Redis.</summary>
    public static FusionCacheEntryOptions TagOptions() => new(LongestWithoutMessage)
    {
        DistributedCacheDuration = TagLifetime,
        // During an outage of Redis the last known tag is used.
        IsFailSafeEnabled = true,
        FailSafeMaxDuration = TagLifetime,
        DistributedCacheFailSafeMaxDuration = TagLifetime,
        FailSafeThrottleDuration = LongestWithoutMessage,
        Priority = CacheItemPriority.NeverRemove,
        Size = 0,
        SkipDistributedLocker = true,
        ReThrowSerializationExceptions = false,
    };

    private static FusionCache Create(IServiceProvider services)
    {
        var redis = services.GetRequiredService<RedisConnection>();
        var prefix = redis.Key("cache:").ToString();
        var options = new FusionCacheOptions
        {
            CacheName = "queries",
            BackplaneChannelPrefix = prefix,
            AutoRecoveryDelay = TellAgainAfter,
            AutoRecoveryMaxItems = MaxAnswersInMemory,
            TagsDefaultEntryOptions = TagOptions(),
        };

        // Without a logger, because it would log an outage at every read; other services log it once. Its meters count errors.
        var cache = new FusionCache(options, new MemoryCache(new MemoryCacheOptions { SizeLimit = MaxAnswersInMemory }));
        var stored = new RedisCacheOptions { ConnectionMultiplexerFactory = redis.Multiplexer, InstanceName = prefix };
        cache.SetupDistributedCache(
            new GuardedRedisCache(redis, new RedisCache(Options.Create(stored))),
            new FusionCacheSystemTextJsonSerializer(services.GetRequiredService<AnswerJson>().Options));
        cache.SetupDistributedLocker(services.GetRequiredService<RedisLock>());
        var backplane = new RedisBackplaneOptions { ConnectionMultiplexerFactory = redis.Multiplexer };
        cache.SetupBackplane(new RedisBackplane(Options.Create(backplane)));
        return cache;
    }
}
