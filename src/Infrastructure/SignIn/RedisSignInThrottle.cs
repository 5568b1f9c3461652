using System.Net;
using Portico.Application.Auth;
using Portico.Application.Common;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.Infrastructure.RateLimiting;
using Portico.Infrastructure.Redis;
using StackExchange.Redis;

namespace Portico.Infrastructure.SignIn;

/// <summary>Counts sign-in attempts in Redis for each address, each client and each pair of address and client.</summary>
internal sealed class RedisSignInThrottle(
    RedisConnection redis, SignInSettings settings, Pseudonyms pseudonyms, ClientRateLimit clients, LocalRateLimits local,
    RateLimitMetrics metrics)
    : ISignInThrottle
{
    private const string ClientBudgetName = "sign-in";
    private const string AddressLimitName = "sign-in-address";
    private static readonly TimeSpan ClientWindow = TimeSpan.FromMinutes(15);

    // KEYS: the address, then its pairs with the client (and with signed-in clients)
    // ARGV: free failures, first delay, longest delay, lifetime of a pair, lifetime of an address, challenge after failures of a pair, of
    //       the address, whether a challenge is possible; times in milliseconds → {time to wait, whether a challenge is required}
    // Every attempt counts as a failure until it succeeds, so that concurrent attempts can't share a free one. The count of the address
    // causes no delay, because an attacker from another client would lock the owner out.
    private const string BeginScript = """
        local t = redis.call('TIME')
        local now = t[1] * 1000 + math.floor(t[2] / 1000)
        local wait = 0
        for i = 2, #KEYS do
            wait = math.max(wait, tonumber(redis.call('HGET', KEYS[i], 'waitUntil') or 0) - now)
        end
        if wait > 0 then
            return {wait, 0}
        end

        local ofAddress, ofPair = redis.call('INCR', KEYS[1]), 0
        redis.call('PEXPIRE', KEYS[1], ARGV[5])
        for i = 2, #KEYS do
            ofPair = math.max(ofPair, redis.call('HINCRBY', KEYS[i], 'attempts', 1))
            redis.call('PEXPIRE', KEYS[i], ARGV[4])
        end
        if ARGV[8] == '1' and (ofPair > tonumber(ARGV[6]) or ofAddress > tonumber(ARGV[7])) then
            return {0, 1}
        end

        local counted = ofPair - tonumber(ARGV[1])
        if counted > 0 then
            local delay = math.min(ARGV[2] * 2 ^ math.min(counted - 1, 30), tonumber(ARGV[3]))
            for i = 2, #KEYS do
                redis.call('HSET', KEYS[i], 'waitUntil', string.format('%.0f', now + delay))
            end
        end
        return {0, 0}
        """;

    // Failures from other clients stay in the count of the address.
    private const string SucceedScript = """
        local mine = 0
        for i = 2, #KEYS do
            mine = math.max(mine, tonumber(redis.call('HGET', KEYS[i], 'attempts') or 0))
            redis.call('DEL', KEYS[i])
        end
        if tonumber(redis.call('GET', KEYS[1]) or 0) > mine then
            redis.call('DECRBY', KEYS[1], mine)
        else
            redis.call('DEL', KEYS[1])
        end
        return 0
        """;

    public async Task<Result<SignInProof>> Begin(
        ContactAddress address, IPAddress? client, bool reachable, CancellationToken cancellationToken)
    {
        var spending = await clients.Spend(ClientBudgetName, client, settings.MaxPerClient, ClientWindow, cancellationToken);
        if (spending.Wait is { } exhausted)
            return UserErrors.TooManyAttempts(exhausted);

        var attempt = await Count(address, [Pair(address, client)], reachable, cancellationToken);
        return attempt.Error is null && reachable && spending.Spent > settings.ChallengeClientAfter ? SignInProof.PasswordAndCode : attempt;
    }

    public Task Succeeded(ContactAddress address, IPAddress? client, CancellationToken cancellationToken) =>
        Forget(address, client, [Pair(address, client)], cancellationToken);

    public async Task<Result<Unit>> BeginConfirmation(ContactAddress address, IPAddress? client, CancellationToken cancellationToken)
    {
        var spending = await clients.Spend(ClientBudgetName, client, settings.MaxPerClient, ClientWindow, cancellationToken);
        if (spending.Wait is { } exhausted)
            return UserErrors.TooManyAttempts(exhausted);

        var attempt = await Count(address, [Pair(address, client), SignedIn(address)], reachable: false, cancellationToken);
        return attempt.Error is { } tooMany ? tooMany : Unit.Value;
    }

    public Task Confirmed(ContactAddress address, IPAddress? client, CancellationToken cancellationToken) =>
        Forget(address, client, [Pair(address, client), SignedIn(address)], cancellationToken);

    private async Task<Result<SignInProof>> Count(
        ContactAddress address, RedisKey[] pairs, bool reachable, CancellationToken cancellationToken)
    {
        RedisValue[] answer;
        try
        {
            answer = (RedisValue[])(await redis.Script(
                BeginScript,
                [Address(address), .. pairs],
                [
                    settings.FreeFailures, (long)settings.FirstDelay.TotalMilliseconds, (long)settings.LongestDelay.TotalMilliseconds,
                    (long)settings.ForgetAfter.TotalMilliseconds, (long)settings.ForgetAddressAfter.TotalMilliseconds,
                    settings.ChallengeAfter, settings.ChallengeAddressAfter, reachable ? 1 : 0,
                ],
                cancellationToken))!;
        }
        catch (DependencyUnavailableException)
        {
            // Only the free failures are allowed, over all clients. During an outage of Redis no session can be opened anyway.
            metrics.CountedLocally(AddressLimitName);
            var wait = local.Spend(LocalName(address), Math.Max(1, settings.FreeFailures), settings.ForgetAfter);
            return wait is { } time ? Refused(time) : SignInProof.Password;
        }

        if ((long)answer[0] > 0)
            return Refused(TimeSpan.FromMilliseconds((long)answer[0]));
        return (long)answer[1] == 1 ? SignInProof.PasswordAndCode : SignInProof.Password;
    }

    private async Task Forget(ContactAddress address, IPAddress? client, RedisKey[] pairs, CancellationToken cancellationToken)
    {
        try
        {
            await redis.Script(SucceedScript, [Address(address), .. pairs], [], cancellationToken);
        }
        catch (DependencyUnavailableException)
        {
            // Who gave the right proof is told to come again, and must not wait for tries that were no failures.
            local.Refund(LocalName(address));
            clients.RefundLocally(ClientBudgetName, client);
            throw;
        }

        await clients.Refund(ClientBudgetName, client, cancellationToken);
    }

    private Error Refused(TimeSpan wait)
    {
        metrics.Refused(AddressLimitName);
        return UserErrors.TooManyAttempts(wait);
    }

    private string LocalName(ContactAddress address) => $"{AddressLimitName}|{pseudonyms.Of(address)}";

    private RedisKey Address(ContactAddress address) => redis.Key($"sign-in:{{{pseudonyms.Of(address)}}}");

    private RedisKey Pair(ContactAddress address, IPAddress? client) =>
        redis.Key($"sign-in:{{{pseudonyms.Of(address)}}}:{pseudonyms.Of(client)}");

    private RedisKey SignedIn(ContactAddress address) => redis.Key($"sign-in:{{{pseudonyms.Of(address)}}}:{pseudonyms.OfSignedIn()}");
}
