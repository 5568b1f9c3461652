using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.StackExchangeRedis;
using Portico.Infrastructure.Redis;

namespace Portico.Infrastructure.QueryCache;

/// <summary>The cache in Redis under the deadline of <see cref="RedisConnection"/>.</summary>
/// <remarks>A Redis that hangs costs a request one deadline at most.</remarks>
internal sealed class GuardedRedisCache(RedisConnection redis, RedisCache cache) : IDistributedCache
{
    public Task<byte[]?> GetAsync(string key, CancellationToken token = default) => redis.Run(_ => cache.GetAsync(key, token), token);

    public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default) =>
        Run(() => cache.SetAsync(key, value, options, token), token);

    public Task RefreshAsync(string key, CancellationToken token = default) => Run(() => cache.RefreshAsync(key, token), token);

    public Task RemoveAsync(string key, CancellationToken token = default) => Run(() => cache.RemoveAsync(key, token), token);

    // A thread that waits for Redis is one too few when Redis hangs.
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
