using Portico.Infrastructure.Redis;
using StackExchange.Redis;

namespace Portico.Infrastructure.Telegram;

/// <summary>The right of one process to ask Telegram for updates; it ends by itself when the process dies.</summary>
/// <remarks>Telegram refuses two at a time with 409, so the lease avoids noise; correctness does not depend on it.</remarks>
internal sealed class TelegramLease(RedisConnection redis)
{
    /// <summary>Longer than the longest request for updates.</summary>
    public static readonly TimeSpan Lifetime = TelegramApi.PollTime + TimeSpan.FromSeconds(20);

    private readonly RedisValue _holder = Guid.NewGuid().ToString("N");

    private RedisKey Key => redis.Key("telegram:poller");

    /// <summary>Takes the lease, or extends it.</summary>
    public async Task<bool> TryHold(CancellationToken cancellationToken) =>
        await redis.Run(database => database.LockExtendAsync(Key, _holder, Lifetime), cancellationToken)
        || await redis.Run(database => database.LockTakeAsync(Key, _holder, Lifetime), cancellationToken);

    /// <summary>Gives the lease to the next process that asks.</summary>
    public Task Release(CancellationToken cancellationToken) =>
        redis.Run(database => database.LockReleaseAsync(Key, _holder), cancellationToken);
}
