using Portico.Infrastructure.Redis;
using StackExchange.Redis;

namespace Portico.Infrastructure.RateLimiting;

/// <summary>A counter in Redis with a fixed window: it expires one window after the first count.</summary>
internal static class FixedWindowCounter
{
    // → the new count, and the time until the window ends
    private const string AddScript = """
        local count = redis.call('INCRBY', KEYS[1], ARGV[1])
        if count == tonumber(ARGV[1]) then
            redis.call('PEXPIRE', KEYS[1], ARGV[2])
        end
        return {count, redis.call('PTTL', KEYS[1])}
        """;

    public static async Task<(long Count, TimeSpan Left)> Add(
        this RedisConnection redis, RedisKey key, long amount, TimeSpan window, CancellationToken cancellationToken)
    {
        var answer = (RedisValue[])(await redis.Script(AddScript, [key], [amount, (long)window.TotalMilliseconds], cancellationToken))!;
        return ((long)answer[0], TimeSpan.FromMilliseconds(Math.Max(1, (long)answer[1])));
    }
}
