using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Portico.Application.Auth;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.Infrastructure.RateLimiting;
using Portico.Infrastructure.Redis;
using StackExchange.Redis;

namespace Portico.Infrastructure.SignIn;

/// <summary>Codes in Redis: only the MAC of each code, under a pseudonym of the address.</summary>
internal sealed class RedisCodes(
    RedisConnection redis, OtpSettings settings, Pseudonyms pseudonyms, ClientRateLimit clients, RateLimitMetrics metrics) : ICodes
{
    private const string IssueBudgetName = "codes";
    private const string TryBudgetName = "code-tries";
    private const string AddressLimitName = "codes-address";

    // All purposes of an address share one count.
    private const string SharedCount = "";

    private static readonly TimeSpan BudgetWindow = TimeSpan.FromHours(1);

    // KEYS: code, pause before the next code of this purpose, times of the codes that were sent to this address
    // ARGV: MAC, lifetime, pause, maximum per hour, maximum per day; times in milliseconds → 0, or the time to wait
    private const string IssueScript = """
        local t = redis.call('TIME')
        local now = t[1] * 1000 + math.floor(t[2] / 1000)
        local hour, day = 3600000, 86400000

        local pause = redis.call('PTTL', KEYS[2])
        if pause > 0 then
            return pause
        end

        redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - day)
        local function wait(most, window)
            local sent = redis.call('ZREVRANGE', KEYS[3], most - 1, most - 1, 'WITHSCORES')
            return sent[2] and math.max(0, sent[2] + window - now) or 0
        end
        local longest = math.max(wait(tonumber(ARGV[4]), hour), wait(tonumber(ARGV[5]), day))
        if longest > 0 then
            return longest
        end

        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        redis.call('SET', KEYS[2], 1, 'PX', ARGV[3])
        redis.call('ZADD', KEYS[3], now, t[1] .. t[2])
        redis.call('PEXPIRE', KEYS[3], day)
        return 0
        """;

    // KEYS: code, tries, and the keys that are consumed together with the code; ARGV: MAC, maximum tries, lifetime of the count. The try
    // is counted first. The comparison need not take constant time: it compares MACs, and an attacker does not have the key.
    private const string ConsumeScript = """
        local tries = redis.call('INCR', KEYS[2])
        if tries == 1 then
            redis.call('PEXPIRE', KEYS[2], ARGV[3])
        end
        if tries > tonumber(ARGV[2]) or redis.call('GET', KEYS[1]) ~= ARGV[1] then
            return 0
        end
        for i = 3, #KEYS do
            if redis.call('EXISTS', KEYS[i]) == 0 then
                return 0
            end
        end
        redis.call('DEL', unpack(KEYS))
        return 1
        """;

    public TimeSpan Lifetime => settings.Lifetime;

    public TimeSpan ResendAfter => settings.ResendAfter;

    public async Task<Result<string>> Issue(
        ContactAddress address, CodePurpose purpose, IPAddress? client, CancellationToken cancellationToken)
    {
        if (await SpendIssue(client, cancellationToken) is { } tooMany)
            return tooMany;

        var code = NewCode();
        var wait = await Issue(address, Name(purpose), code, SharedCount, cancellationToken);
        return wait is { } time ? Refused(time) : code;
    }

    public async Task<Result<Unit>> Consume(
        ContactAddress address, CodePurpose purpose, string code, IPAddress? client, CancellationToken cancellationToken)
    {
        if (await SpendTry(client, cancellationToken) is { } tooMany)
            return tooMany;
        return await Consume(address, Name(purpose), code, [], cancellationToken) ? Unit.Value : UserErrors.InvalidCode;
    }

    internal static string NewCode() => RandomNumberGenerator.GetInt32(1_000_000).ToString("D6");

    /// <returns>429 <c>too_many_codes</c> when the client has requested too many codes, over all addresses.</returns>
    internal async Task<Error?> SpendIssue(IPAddress? client, CancellationToken cancellationToken)
    {
        var spending = await clients.Spend(IssueBudgetName, client, settings.MaxPerHourAndClient, BudgetWindow, cancellationToken);
        return spending.Wait is { } wait ? UserErrors.TooManyCodes(wait) : null;
    }

    /// <returns>429 <c>too_many_attempts</c> when the client has tried too many codes, over all addresses.</returns>
    internal async Task<Error?> SpendTry(IPAddress? client, CancellationToken cancellationToken)
    {
        var spending = await clients.Spend(TryBudgetName, client, settings.MaxTriesPerHourAndClient, BudgetWindow, cancellationToken);
        return spending.Wait is { } wait ? UserErrors.TooManyAttempts(wait) : null;
    }

    /// <summary>Stores a new code, within the limits of the address.</summary>
    /// <param name="address">The address of the code.</param>
    /// <param name="name">The name of the purpose.</param>
    /// <param name="code">The code.</param>
    /// <param name="count">The name of the counter of sent codes.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns><c>null</c> when the code is valid from now on, otherwise the time to wait.</returns>
    internal async Task<TimeSpan?> Issue(
        ContactAddress address, string name, string code, string count, CancellationToken cancellationToken)
    {
        var wait = (long)await redis.Script(
            IssueScript,
            [
                CodeKey(address, name),
                redis.Key($"code-pause:{{{pseudonyms.Of(address)}}}:{name}"),
                redis.Key($"code-sends:{{{pseudonyms.Of(address)}}}{count}"),
            ],
            [
                pseudonyms.OfCode(address, name, code), (long)settings.Lifetime.TotalMilliseconds,
                (long)settings.ResendAfter.TotalMilliseconds, settings.MaxPerHour, settings.MaxPerDay,
            ],
            cancellationToken);
        return wait > 0 ? TimeSpan.FromMilliseconds(wait) : null;
    }

    /// <summary>Counts a try and, when the code is correct, deletes it.</summary>
    /// <param name="address">The address of the code.</param>
    /// <param name="name">The name of the purpose.</param>
    /// <param name="code">The code.</param>
    /// <param name="together">Keys with the hash tag of the address that must exist, and are consumed with the code.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Whether the code was correct.</returns>
    internal async Task<bool> Consume(
        ContactAddress address, string name, string code, RedisKey[] together, CancellationToken cancellationToken) =>
        (long)await redis.Script(
            ConsumeScript,
            [CodeKey(address, name), redis.Key($"code-tries:{{{pseudonyms.Of(address)}}}:{name}"), .. together],
            [pseudonyms.OfCode(address, name, code), settings.MaxTries, (long)settings.Lifetime.TotalMilliseconds],
            cancellationToken) == 1;

    private Error Refused(TimeSpan wait)
    {
        metrics.Refused(AddressLimitName);
        return UserErrors.TooManyCodes(wait);
    }

    private RedisKey CodeKey(ContactAddress address, string name) => redis.Key($"code:{{{pseudonyms.Of(address)}}}:{name}");

    private static string Name(CodePurpose purpose) => JsonNamingPolicy.CamelCase.ConvertName(purpose.ToString());
}
