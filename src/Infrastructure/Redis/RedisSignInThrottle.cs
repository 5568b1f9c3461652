using System.Net;
using Portico.Application.Auth;
using Portico.Domain.Common;
using Portico.Domain.Users;
using StackExchange.Redis;

namespace Portico.Infrastructure.Redis;

/// <summary>Counts attempts to sign in per address and client in Redis.</summary>
internal sealed class RedisSignInThrottle(RedisConnection redis, SignInSettings settings, Pseudonyms pseudonyms, ClientBudget clients) : ISignInThrottle
{
    private const string ClientBudgetName = "sign-in";
    private static readonly TimeSpan ClientWindow = TimeSpan.FromMinutes(15);

    // ARGV: free failures, first delay, longest delay, memory; times in milliseconds → 0, or how long to wait.
    // Every attempt counts as a failure until it has succeeded, so that attempts side by side can't share a free one.
    private const string BeginScript = """
        local t = redis.call('TIME')
        local now = t[1] * 1000 + math.floor(t[2] / 1000)
        local waitUntil = tonumber(redis.call('HGET', KEYS[1], 'waitUntil') or 0)
        if waitUntil > now then
            return waitUntil - now
        end

        local counted = redis.call('HINCRBY', KEYS[1], 'attempts', 1) - tonumber(ARGV[1])
        if counted > 0 then
            local delay = math.min(ARGV[2] * 2 ^ math.min(counted - 1, 30), tonumber(ARGV[3]))
            redis.call('HSET', KEYS[1], 'waitUntil', string.format('%.0f', now + delay))
        end
        redis.call('PEXPIRE', KEYS[1], ARGV[4])
        return 0
        """;

    public async Task<Result<Unit>> Begin(ContactAddress address, IPAddress? client, CancellationToken cancellationToken)
    {
        if (await clients.Spend(ClientBudgetName, client, settings.MaxPerClient, ClientWindow, cancellationToken) is { } exhausted)
            return UserErrors.TooManyAttempts(exhausted);

        var wait = (long)await redis.Script(
            BeginScript,
            [Key(address, client)],
            [
                settings.FreeFailures, (long)settings.FirstDelay.TotalMilliseconds, (long)settings.LongestDelay.TotalMilliseconds,
                (long)settings.ForgetAfter.TotalMilliseconds,
            ],
            cancellationToken);
        return wait > 0 ? UserErrors.TooManyAttempts(TimeSpan.FromMilliseconds(wait)) : Unit.Value;
    }

    public Task Succeeded(ContactAddress address, IPAddress? client, CancellationToken cancellationToken) =>
        redis.Run(database => database.KeyDeleteAsync(Key(address, client)), cancellationToken);

    private RedisKey Key(ContactAddress address, IPAddress? client) =>
        redis.Key($"sign-in:{{{pseudonyms.Of(address)}}}:{pseudonyms.Of(client)}");
}
