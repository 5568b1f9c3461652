using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Portico.Application.Auth;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.Infrastructure.RateLimiting;
using Portico.Infrastructure.Redis;
using StackExchange.Redis;

namespace Portico.Infrastructure.SignIn;

/// <summary>The codes of one purpose of an address.</summary>
/// <param name="Address">The address.</param>
/// <param name="Name">The name of the purpose.</param>
/// <param name="Counters">The name of the counters of the address: purposes with the same one share its limits.</param>
internal sealed record CodeSet(ContactAddress Address, string Name, string Counters = "");

/// <summary>Codes in Redis: only the MAC of each code, under a pseudonym of the address.</summary>
/// <remarks>
/// A client is named by the pseudonym of its network. Codes and guesses of a day are shared in the same way: each of ten clients has a
/// share, and the rest goes to the clients that come first. So eight clients can't use up what another one needs, and a single one is
/// not limited to its share.
/// </remarks>
internal sealed class RedisCodes(
    RedisConnection redis, OtpSettings settings, Pseudonyms pseudonyms, ClientRateLimit clients, KnownClients known,
    RateLimitMetrics metrics)
    : ICodes
{
    private const string IssueBudgetName = "codes";
    private const string TryBudgetName = "code-tries";
    private const string AddressLimitName = "codes-address";

    private static readonly TimeSpan BudgetWindow = TimeSpan.FromHours(1);

    // KEYS: the codes of the purpose, by request id; the requests of the address, by time
    // ARGV: request id, MAC, purpose, client, lifetime, pause, maximum per hour and client, per day and client, open codes of a day, share
    //       of a client, extra codes of a day, reserved codes of a day (0 for an unknown client); times in milliseconds
    // → the time to wait, or 0
    // The members of the requests are 'kind|purpose|client|request id'; the kind is s (share), e (extra) or r (reserved).
    private const string IssueScript = """
        local t = redis.call('TIME')
        local now = t[1] * 1000 + math.floor(t[2] / 1000)
        local hour, day = 3600000, 86400000
        local id, mac, purpose, client = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
        local life, pause, perHour, perDay = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
        local open, share, extra, reserved = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12])

        -- A code can be tried until it expires: counted for its lifetime too, no day has the tries of more codes.
        local window = day + life
        redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - window)
        local requests = redis.call('ZREVRANGE', KEYS[2], 0, -1, 'WITHSCORES')
        local count, oldest, mine, shared, wait = {s = 0, e = 0, r = 0}, {}, {}, {}, 0
        for i = 1, #requests, 2 do
            local at = tonumber(requests[i + 1])
            local kind, of, from = string.match(requests[i], '^(%a)|([^|]*)|([^|]*)|')
            count[kind] = count[kind] + 1
            oldest[kind] = at
            if from == client then
                table.insert(mine, at)
                if kind ~= 'r' then
                    table.insert(shared, at)
                end
                if of == purpose then
                    wait = math.max(wait, at + pause - now)
                end
            end
        end

        wait = math.max(wait, mine[perHour] and mine[perHour] + hour - now or 0, mine[perDay] and mine[perDay] + day - now or 0)
        if wait > 0 then
            return wait
        end

        local kind
        if count.r < reserved then
            kind = 'r'
        elseif count.s + count.e >= open then
            wait = math.min(oldest.s or now, oldest.e or now) + window - now
        elseif #shared < share then
            kind = 's'
        elseif count.e < extra then
            kind = 'e'
        else
            wait = math.min(oldest.e or now, shared[share]) + window - now
        end
        if not kind then
            return math.max(1, wait)
        end

        local codes = redis.call('HGETALL', KEYS[1])
        for i = 1, #codes, 2 do
            if cjson.decode(codes[i + 1]).ends <= now then
                redis.call('HDEL', KEYS[1], codes[i])
            end
        end
        redis.call('HSET', KEYS[1], id, cjson.encode({mac = mac, client = client, tries = 0, clients = {}, ends = now + life}))
        redis.call('PEXPIRE', KEYS[1], life)
        redis.call('ZADD', KEYS[2], now, table.concat({kind, purpose, client, id}, '|'))
        redis.call('PEXPIRE', KEYS[2], window)
        return 0
        """;

    // KEYS: the codes of the purpose, by request id; the guesses without a request id, by time; the keys that are consumed together with
    //       the code
    // ARGV: MAC, request id or nothing, client, maximum tries, guesses of a day, share of a client, extra guesses of a day, number of codes
    //       that a guess is compared with → whether the code was right
    // The members of the guesses are 'kind|client|request id|number'. A guess is counted before it is compared. The comparison need not
    // take constant time: it compares MACs, and an attacker does not have the key.
    private const string ConsumeScript = """
        local t = redis.call('TIME')
        local now = t[1] * 1000 + math.floor(t[2] / 1000)
        local day = 86400000
        local mac, id, client, most = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
        local guesses, share, extra, newest = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])

        local codes = {}
        local function add(name, text)
            local code = cjson.decode(text)
            if code.ends > now then
                code.id = name
                table.insert(codes, code)
            end
        end

        local function keep(code)
            local name = code.id
            code.id = nil
            redis.call('HSET', KEYS[1], name, cjson.encode(code))
        end

        local isRight = false
        if id ~= '' then
            local text = redis.call('HGET', KEYS[1], id)
            if text then
                add(id, text)
            end
            local code = codes[1]
            if code and code.tries < most then
                code.tries = code.tries + 1
                keep(code)
                isRight = code.mac == mac
            end
        else
            local all = redis.call('HGETALL', KEYS[1])
            for i = 1, #all, 2 do
                add(all[i], all[i + 1])
            end
            table.sort(codes, function(a, b) return a.ends > b.ends end)
            while #codes > newest do
                table.remove(codes)
            end
            -- A client that has few guesses left compares with its own codes first.
            table.sort(codes, function(a, b)
                if (a.client == client) ~= (b.client == client) then
                    return a.client == client
                end
                return a.ends > b.ends
            end)

            redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - day)
            local total, mine, extras = 0, 0, 0
            if #codes > 0 then
                for _, guess in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
                    local kind, from = string.match(guess, '^(%a)|([^|]*)|')
                    total = total + 1
                    mine = mine + (from == client and 1 or 0)
                    extras = extras + (kind == 'e' and 1 or 0)
                end
            end
            for _, code in ipairs(codes) do
                local tries = code.clients[client] or 0
                local kind = mine < share and 's' or extras < extra and 'e'
                if not isRight and tries < most and kind and total < guesses then
                    code.clients[client] = tries + 1
                    redis.call('ZADD', KEYS[2], now, table.concat({kind, client, code.id, tries}, '|'))
                    redis.call('PEXPIRE', KEYS[2], day)
                    keep(code)
                    total, mine = total + 1, mine + 1
                    extras = extras + (kind == 'e' and 1 or 0)
                    isRight = code.mac == mac
                end
            end
        end

        for i = 3, #KEYS do
            isRight = isRight and redis.call('EXISTS', KEYS[i]) == 1
        end
        if not isRight then
            return 0
        end
        redis.call('DEL', KEYS[1], unpack(KEYS, 3))
        return 1
        """;

    public TimeSpan Lifetime => settings.Lifetime;

    public TimeSpan ResendAfter => settings.ResendAfter;

    public async Task<Result<IssuedCode>> Issue(
        ContactAddress address, CodeScope scope, IClient client, CancellationToken cancellationToken)
    {
        if (await SpendIssue(client.IpAddress, cancellationToken) is { } tooMany)
            return tooMany;

        var issued = new IssuedCode(NewRequestId(), NewCode());
        var reserved = await known.Contains(address, client, cancellationToken) ? settings.ReservedPerDay : 0;
        var wait = await Issue(Codes(address, scope), issued, client.IpAddress, reserved, cancellationToken);
        return wait is { } time ? Refused(time) : issued;
    }

    public async Task<Result<Unit>> Consume(
        ContactAddress address, CodeScope scope, string code, string? requestId, IPAddress? client, CancellationToken cancellationToken)
    {
        if (await SpendTry(client, cancellationToken) is { } tooMany)
            return tooMany;
        return await Consume(Codes(address, scope), code, requestId, client, [], cancellationToken)
            ? Unit.Value
            : UserErrors.InvalidCode;
    }

    internal static string NewCode() => RandomNumberGenerator.GetInt32(1_000_000).ToString("D6");

    internal static string NewRequestId() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));

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
    /// <param name="codes">The codes that it joins.</param>
    /// <param name="issued">The code and the id of its request.</param>
    /// <param name="client">The client that requests the code.</param>
    /// <param name="reserved">How many of the reserved codes of a day the client may get.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns><c>null</c> when the code is valid from now on, otherwise the time to wait.</returns>
    internal async Task<TimeSpan?> Issue(
        CodeSet codes, IssuedCode issued, IPAddress? client, int reserved, CancellationToken cancellationToken)
    {
        var wait = (long)await redis.Script(
            IssueScript,
            [Key("codes", codes, ":" + codes.Name), Key("code-requests", codes, codes.Counters)],
            [
                issued.RequestId, pseudonyms.OfCode(codes.Address, codes.Name, issued.Code), codes.Name, pseudonyms.Of(client),
                (long)settings.Lifetime.TotalMilliseconds, (long)settings.ResendAfter.TotalMilliseconds,
                settings.MaxPerHour, settings.MaxPerDay, settings.OpenPerDay, settings.SharePerDay, settings.ExtraPerDay, reserved,
            ],
            cancellationToken);
        return wait > 0 ? TimeSpan.FromMilliseconds(wait) : null;
    }

    /// <summary>Counts a try and, when the code is correct, deletes it with all codes of the purpose.</summary>
    /// <param name="codes">The codes of which it may be one.</param>
    /// <param name="code">The code.</param>
    /// <param name="requestId">The request that the code belongs to; <c>null</c> for any of the newest codes.</param>
    /// <param name="client">The client that tries the code.</param>
    /// <param name="together">Keys with the hash tag of the address that must exist, and are consumed with the code.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Whether the code was correct.</returns>
    internal async Task<bool> Consume(
        CodeSet codes, string code, string? requestId, IPAddress? client, RedisKey[] together, CancellationToken cancellationToken) =>
        (long)await redis.Script(
            ConsumeScript,
            [Key("codes", codes, ":" + codes.Name), Key("code-guesses", codes, codes.Counters), .. together],
            [
                pseudonyms.OfCode(codes.Address, codes.Name, code), requestId ?? "", pseudonyms.Of(client), settings.MaxTries,
                settings.FreeGuesses, settings.ShareOfGuesses, settings.ExtraGuesses, OtpSettings.LiveCodes,
            ],
            cancellationToken) == 1;

    private Error Refused(TimeSpan wait)
    {
        metrics.Refused(AddressLimitName);
        return UserErrors.TooManyCodes(wait);
    }

    private RedisKey Key(string kind, CodeSet codes, string end) => redis.Key($"{kind}:{{{pseudonyms.Of(codes.Address)}}}{end}");

    private CodeSet Codes(ContactAddress address, CodeScope scope)
    {
        var purpose = JsonNamingPolicy.CamelCase.ConvertName(scope.Purpose.ToString());
        return new(address, scope.UserId is { } userId ? $"{purpose}:{pseudonyms.Of(userId, scope.SessionVersion)}" : purpose);
    }
}
