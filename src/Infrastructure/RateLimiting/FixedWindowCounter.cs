using Portico.Infrastructure.Redis;
using StackExchange.Redis;

namespace Portico.Infrastructure.RateLimiting;

/// <summary>A counter in Redis with a fixed window: it expires one window after the first count.</summary>
internal static class FixedWindowCounter
{
    // ARGV: amount, window in milliseconds, maximum → the new count, and the time until the window ends
    // What would exceed the maximum is answered, but not counted.
    private const string AddScript = """
        local amount, most = tonumber(ARGV[1]), tonumber(ARGV[3])
        local count = tonumber(redis.call('GET', KEYS[1]) or 0) + amount
        if count <= most then
            redis.call('INCRBY', KEYS[1], ARGV[1])
            if count == amount then
                redis.call('PEXPIRE', KEYS[1], ARGV[2])
            end
        end
        return {count, redis.call('PTTL', KEYS[1])}
        """;

    /// <summary>Adds an amount, unless the count would be more than the maximum.</summary>
    /// <returns>The count with the amount, and the time until the window ends.</returns>
    public static async Task<(long Count, TimeSpan Left)> Add(
        this RedisConnection redis,
        RedisKey key,
        long amount,
        TimeSpan window,
        CancellationToken cancellationToken,
        long most = int.MaxValue)
    {
        var answer = (RedisValue[])(await redis.Script(
            AddScript, [key], [amount, (long)window.TotalMilliseconds, most], cancellationToken))!;
        return ((long)answer[0], TimeSpan.FromMilliseconds(Math.Max(1, (long)answer[1])));
    }
}
