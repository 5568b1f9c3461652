using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Portico.Application.Auth;
using Portico.Domain.Common;
using Portico.Domain.Users;
using StackExchange.Redis;

namespace Portico.Infrastructure.Redis;

/// <summary>Codes in Redis: only a MAC of each, under a name that does not tell the address.</summary>
internal sealed class RedisCodes(RedisConnection redis, OtpSettings settings, Pseudonyms pseudonyms, ClientBudget clients) : ICodes
{
    private const string ClientBudgetName = "codes";

    // KEYS: code, pause before the next of this purpose, times of what was sent to this address
    // ARGV: MAC, lifetime, pause, most an hour, most a day; times in milliseconds → 0, or how long to wait
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

    // KEYS: code, tries; ARGV: MAC, most tries, lifetime of the count. The try is counted first.
    // The comparison may take its time: it is between MACs whose key an attacker lacks.
    private const string ConsumeScript = """
        local tries = redis.call('INCR', KEYS[2])
        if tries == 1 then
            redis.call('PEXPIRE', KEYS[2], ARGV[3])
        end
        if tries > tonumber(ARGV[2]) or redis.call('GET', KEYS[1]) ~= ARGV[1] then
            return 0
        end
        redis.call('DEL', KEYS[1], KEYS[2])
        return 1
        """;

    public TimeSpan Lifetime => settings.Lifetime;

    public TimeSpan ResendAfter => settings.ResendAfter;

    public async Task<Result<string>> Issue(ContactAddress address, CodePurpose purpose, IPAddress? client, CancellationToken cancellationToken)
    {
        if (await clients.Spend(ClientBudgetName, client, settings.MaxPerHourAndClient, TimeSpan.FromHours(1), cancellationToken) is { } exhausted)
            return UserErrors.TooManyCodes(exhausted);

        var code = RandomNumberGenerator.GetInt32(1_000_000).ToString("D6");
        var wait = (long)await redis.Script(
            IssueScript,
            [CodeKey(address, purpose), redis.Key($"code-pause:{{{pseudonyms.Of(address)}}}:{Name(purpose)}"), redis.Key($"code-sends:{{{pseudonyms.Of(address)}}}")],
            [
                pseudonyms.OfCode(address, Name(purpose), code), (long)settings.Lifetime.TotalMilliseconds,
                (long)settings.ResendAfter.TotalMilliseconds, settings.MaxPerHour, settings.MaxPerDay,
            ],
            cancellationToken);
        return wait > 0 ? UserErrors.TooManyCodes(TimeSpan.FromMilliseconds(wait)) : code;
    }

    public async Task<Result<Unit>> Consume(ContactAddress address, CodePurpose purpose, string code, CancellationToken cancellationToken)
    {
        var consumed = (long)await redis.Script(
            ConsumeScript,
            [CodeKey(address, purpose), redis.Key($"code-tries:{{{pseudonyms.Of(address)}}}:{Name(purpose)}")],
            [pseudonyms.OfCode(address, Name(purpose), code), settings.MaxTries, (long)settings.Lifetime.TotalMilliseconds],
            cancellationToken);
        return consumed == 1 ? Unit.Value : UserErrors.InvalidCode;
    }

    private RedisKey CodeKey(ContactAddress address, CodePurpose purpose) =>
        redis.Key($"code:{{{pseudonyms.Of(address)}}}:{Name(purpose)}");

    private static string Name(CodePurpose purpose) => JsonNamingPolicy.CamelCase.ConvertName(purpose.ToString());
}
