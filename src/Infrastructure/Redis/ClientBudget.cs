using System.Net;
using Microsoft.Extensions.Hosting;

namespace Portico.Infrastructure.Redis;

/// <summary>Counts what one client does in a window of time, whoever it does it to.</summary>
/// <remarks>In development the budgets are 100 times larger, because everybody on one machine is one client.</remarks>
internal sealed class ClientBudget(RedisConnection redis, Pseudonyms pseudonyms, IHostEnvironment environment)
{
    private const int DevelopmentFactor = 100;

    private const string SpendScript = """
        local spent = redis.call('INCR', KEYS[1])
        if spent == 1 then
            redis.call('PEXPIRE', KEYS[1], ARGV[2])
        end
        if spent > tonumber(ARGV[1]) then
            return redis.call('PTTL', KEYS[1])
        end
        return 0
        """;

    /// <returns><c>null</c> while there is some left, otherwise how long until the window ends.</returns>
    public async Task<TimeSpan?> Spend(string name, IPAddress? client, int most, TimeSpan window, CancellationToken cancellationToken)
    {
        var wait = (long)await redis.Script(
            SpendScript,
            [redis.Key($"budget:{name}:{{{pseudonyms.Of(client)}}}")],
            [environment.IsDevelopment() ? most * (long)DevelopmentFactor : most, (long)window.TotalMilliseconds],
            cancellationToken);
        return wait > 0 ? TimeSpan.FromMilliseconds(wait) : null;
    }
}
