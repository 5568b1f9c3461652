using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.StackExchangeRedis;
using Portico.Infrastructure.Redis;

namespace Portico.Infrastructure.QueryCache;

/// <summary>The Redis cache with the deadline of <see cref="RedisConnection"/>.</summary>
/// <remarks>When Redis hangs, a request waits for at most one deadline.</remarks>
internal sealed class GuardedRedisCache(RedisConnection redis, RedisCache cache) : IDistributedCache
{
    public Task<byte[]?> GetAsync(string key, CancellationToken token = default) => redis.Run(_ => cache.GetAsync(key, token), token);

    public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default) =>
        Run(() => cache.SetAsync(key, value, options, token), token);

    public Task RefreshAsync(string key, CancellationToken token = default) => Run(() => cache.RefreshAsync(key, token), token);

    public Task RemoveAsync(string key, CancellationToken token = default) => Run(() => cache.RemoveAsync(key, token), token);

    // Not supported, because synchronous calls would block threads when Redis hangs.
    public byte[]? Get(string key) => throw new NotSupportedException();

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => throw new NotSupportedException();

    public void Refresh(string key) => throw new NotSupportedException();

    public void Remove(string key) => throw new NotSupportedException();

    private Task<bool> Run(Func<Task> call, CancellationToken cancellationToken) => redis.Run(
        async _ =>
        {
            await call();
            return true;
        },
        cancellationToken);
}
