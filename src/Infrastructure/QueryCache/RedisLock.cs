using Microsoft.Extensions.Logging;
using Portico.Application.Common;
using Portico.Infrastructure.Redis;
using StackExchange.Redis;
using ZiggyCreatures.Caching.Fusion.Locking.Distributed;

namespace Portico.Infrastructure.QueryCache;

/// <summary>A distributed lock, so that one replica at a time makes an answer.</summary>
/// <remarks>
/// The lock of FusionCache retries after 10 to 800 ms, so replicas waited 0.5 s for an answer that took 20 ms; and its calls have no
/// deadline. During an outage of Redis there is no lock, and each replica makes its own answer.
/// </remarks>
internal sealed class RedisLock(RedisConnection redis, TimeProvider clock) : IFusionCacheDistributedLocker
{
    // Longer than it takes to make an answer; after that the replica with the lock is considered dead.
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(20);

    public async ValueTask<object?> AcquireLockAsync(
        string cacheName, string cacheInstanceId, string operationId, string key, string lockName,
        TimeSpan timeout, ILogger? logger, CancellationToken token)
    {
        var owner = Guid.NewGuid().ToString("N");
        var startedAt = clock.GetTimestamp();
        try
        {
            while (!await redis.Run(database => database.LockTakeAsync(Key(lockName), owner, Lease), token))
            {
                if (timeout >= TimeSpan.Zero && clock.GetElapsedTime(startedAt) >= timeout)
                    return null;
                await Task.Delay(RetryInterval, clock, token);
            }

            return owner;
        }
        catch (DependencyUnavailableException)
        {
            return null;
        }
    }

    public async ValueTask ReleaseLockAsync(
        string cacheName, string cacheInstanceId, string operationId, string key, string lockName,
        object? lockObj, ILogger? logger, CancellationToken token)
    {
        if (lockObj is not string owner)
            return;

        try
        {
            await redis.Run(database => database.LockReleaseAsync(Key(lockName), owner), CancellationToken.None);
        }
        catch (DependencyUnavailableException)
        {
            // The lease expires by itself.
        }
    }

    public object? AcquireLock(
        string cacheName, string cacheInstanceId, string operationId, string key, string lockName,
        TimeSpan timeout, ILogger? logger, CancellationToken token) =>
        throw new NotSupportedException();

    public void ReleaseLock(
        string cacheName, string cacheInstanceId, string operationId, string key, string lockName,
        object? lockObj, ILogger? logger, CancellationToken token) =>
        throw new NotSupportedException();

    private RedisKey Key(string name) => redis.Key($"cache-lock:{name}");
}
