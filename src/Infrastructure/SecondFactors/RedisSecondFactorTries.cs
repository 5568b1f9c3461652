using Portico.Application.Auth;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.Infrastructure.RateLimiting;
using Portico.Infrastructure.Redis;
using Portico.Infrastructure.SignIn;
using StackExchange.Redis;

namespace Portico.Infrastructure.SecondFactors;

/// <summary>Counts the guesses of second factors in Redis, for each user.</summary>
/// <remarks>A guess hits one of three codes of a million: those of the time step, and of the steps before and after it.</remarks>
internal sealed class RedisSecondFactorTries(
    RedisConnection redis, OtpSettings settings, RedisCodes codes, KnownClients known, Pseudonyms pseudonyms, RateLimitMetrics metrics)
    : ISecondFactorTries
{
    private const string LimitName = "second-factor";

    // Of each day, and as with codes for ten clients: strangers in 8 networks, and the owner in two.
    private const int ReservedTries = 20;
    private const int OpenTries = 80;
    private const int ShareOfTries = 5;
    private const int ExtraTries = 30;

    // KEYS: the tries of the user, by time
    // ARGV: id of the try, challenge or nothing, client, tries of a challenge, open tries of a day, share of a client, extra tries of a
    //       day, reserved tries of a day (0 for an unknown client)
    // → 0 for a counted try, -1 for a challenge without tries, or the time to wait
    // The members are 'kind|challenge|client|id of the try'; the kind is s (share), e (extra) or r (reserved).
    private const string BeginScript = """
        local t = redis.call('TIME')
        local now = t[1] * 1000 + math.floor(t[2] / 1000)
        local day = 86400000
        local id, challenge, client, most = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
        local open, share, extra, reserved = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])

        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - day)
        local tries = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
        local count, mine, same = {s = 0, e = 0, r = 0}, 0, 0
        for i = 1, #tries, 2 do
            local kind, of, from = string.match(tries[i], '^(%a)|([^|]*)|([^|]*)|')
            count[kind] = count[kind] + 1
            if challenge ~= '' and of == challenge then
                same = same + 1
            end
            if from == client and kind ~= 'r' then
                mine = mine + 1
            end
        end
        if same >= most then
            return -1
        end

        local kind
        if count.r < reserved then
            kind = 'r'
        elseif count.s + count.e < open and mine < share then
            kind = 's'
        elseif count.s + count.e < open and count.e < extra then
            kind = 'e'
        end
        if not kind then
            return math.max(1, tonumber(tries[2]) + day - now)
        end
        redis.call('ZADD', KEYS[1], now, table.concat({kind, challenge, client, id}, '|'))
        redis.call('PEXPIRE', KEYS[1], day)
        return 0
        """;

    private const string SucceedScript = """
        for _, try in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
            if string.match(try, '|([^|]*)$') == ARGV[1] then
                redis.call('ZREM', KEYS[1], try)
            end
        end
        return 0
        """;

    public async Task<Result<string>> Begin(User user, string? challengeId, IClient client, CancellationToken cancellationToken)
    {
        if (await codes.SpendTry(client.IpAddress, cancellationToken) is { } tooMany)
            return tooMany;

        var isKnown = user.Addresses.FirstOrDefault() is { } address && await known.Contains(address, client, cancellationToken);
        var id = RedisCodes.NewRequestId();
        var answer = (long)await redis.Script(
            BeginScript,
            [Key(user)],
            [
                id, challengeId ?? "", pseudonyms.Of(client.IpAddress), settings.MaxTries, OpenTries, ShareOfTries, ExtraTries,
                isKnown ? ReservedTries : 0,
            ],
            cancellationToken);
        if (answer == 0)
            return id;

        metrics.Refused(LimitName);
        return answer < 0 ? UserErrors.InvalidCode : UserErrors.TooManyAttempts(TimeSpan.FromMilliseconds(answer));
    }

    public Task Succeeded(User user, string tryId, CancellationToken cancellationToken) =>
        redis.Script(SucceedScript, [Key(user)], [tryId], cancellationToken);

    private RedisKey Key(User user) => redis.Key($"factor-tries:{{{user.Id:N}}}");
}
