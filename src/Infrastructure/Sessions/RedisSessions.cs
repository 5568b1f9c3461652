using Portico.Application.Auth;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.Infrastructure.Redis;
using StackExchange.Redis;

namespace Portico.Infrastructure.Sessions;

/// <summary>Sessions in Redis: a hash for each session, and for each user a sorted set of session ids by opening time.</summary>
/// <remarks>One script makes every change of a session, because separate commands would race. The only clock is that of Redis.</remarks>
internal sealed class RedisSessions(
    RedisConnection redis, SessionSettings settings, RefreshTokens tokens, RevokedSessions revoked, SessionMetrics metrics,
    TimeProvider clock)
    : ISessions
{
    // KEYS: the session, the sessions of the user
    // ARGV: verb, then its arguments; times in milliseconds
    // open:   session id, idle lifetime, absolute lifetime, maximum sessions, device, ip, version, whether a second factor was proved → the
    //         ids over the maximum
    // rotate: session id, generation, idle lifetime, grace period, reuse report interval → {outcome, generation, remaining life, version,
    //         whether a second factor was proved}
    // resume: the arguments and the answer of rotate, for a cookie
    // factor: session id: a second factor is proved now
    // announce: session id → whether the session exists
    // continue: session id, idle lifetime, grace period, version → {outcome, generation, remaining life, version}
    // outdated: session id, version, lifetime of an announcement → whether to end the session
    // end:    session id
    // A session that was revoked by reuse is kept as unusable until 'end', because the caller may have failed to revoke it everywhere.
    private const string Script = """
        local t = redis.call('TIME')
        local now = t[1] * 1000 + math.floor(t[2] / 1000)
        local verb, id = ARGV[1], ARGV[2]

        local function destroy()
            redis.call('DEL', KEYS[1])
            redis.call('ZREM', KEYS[2], id)
        end

        local function keep(absolute, idle)
            local life = math.min(idle, absolute - now)
            redis.call('HSET', KEYS[1], 'seen', now)
            redis.call('PEXPIRE', KEYS[1], life)
            redis.call('PEXPIRE', KEYS[2], math.max(life, redis.call('PTTL', KEYS[2])))
            return life
        end

        if verb == 'open' then
            local idle, absolute, most = tonumber(ARGV[3]), now + ARGV[4], tonumber(ARGV[5])
            redis.call('HSET', KEYS[1], 'generation', 1, 'rotated', now, 'created', now, 'absolute', absolute,
                'device', ARGV[6], 'ip', ARGV[7], 'version', ARGV[8])
            if ARGV[9] == '1' then
                redis.call('HSET', KEYS[1], 'factor', now)
            end
            redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[4])
            redis.call('ZADD', KEYS[2], now, id)
            keep(absolute, idle)
            local pushed = {}
            if redis.call('ZCARD', KEYS[2]) > most then
                -- The index still has sessions whose idle lifetime is over. Their keys have the hash tag of the user too.
                local prefix = string.sub(KEYS[1], 1, -#id - 1)
                for _, other in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
                    if redis.call('EXISTS', prefix .. other) == 0 then
                        redis.call('ZREM', KEYS[2], other)
                    end
                end
            end
            local excess = redis.call('ZCARD', KEYS[2]) - most
            if excess > 0 then
                pushed = redis.call('ZRANGE', KEYS[2], 0, excess - 1)
            end
            return pushed
        end

        if verb == 'end' then
            destroy()
            return 'ended'
        end

        local s = redis.call('HMGET', KEYS[1], 'generation', 'rotated', 'absolute', 'version', 'reused', 'earlier', 'proved', 'announced',
            'factor', 'resumed', 'resumedAt')
        if verb == 'announce' then
            if s[1] and not s[5] then
                redis.call('HSET', KEYS[1], 'announced', now)
                return 1
            end
            return 0
        end

        if verb == 'factor' then
            if s[1] and not s[5] then
                redis.call('HSET', KEYS[1], 'factor', now)
            end
            return 0
        end

        if verb == 'outdated' then
            if s[1] and (s[4] == ARGV[3] or (s[8] and now - tonumber(s[8]) < tonumber(ARGV[4]))) then
                return 0
            end
            return 1
        end

        if not s[1] then
            return {'unknown'}
        end

        local current, absolute = tonumber(s[1]), tonumber(s[3])
        if absolute <= now then
            destroy()
            return {'unknown'}
        end

        local version = tonumber(s[4] or 0)

        -- The times at which the newest tokens were replaced, the previous one first, as far back as the grace period or 16 tokens.
        local replaced = {tonumber(s[2])}
        for time in string.gmatch(s[6] or '', '%d+') do
            table.insert(replaced, tonumber(time))
        end

        local function rotate(generation, idle, grace)
            local earlier = {}
            -- Generations that Redis has lost were replaced in its last second.
            for _ = current + 2, math.min(generation, current + 17) do
                table.insert(earlier, string.format('%.0f', now))
            end
            for i = 1, math.min(#replaced, 16 - #earlier) do
                if now - replaced[i] <= grace then
                    table.insert(earlier, string.format('%.0f', replaced[i]))
                end
            end
            redis.call('HSET', KEYS[1], 'generation', generation, 'rotated', now, 'earlier', table.concat(earlier, ' '))
            return {'rotated', generation, keep(absolute, idle), version, s[9] and 1 or 0}
        end

        if verb == 'continue' then
            if s[5] then
                return {'unknown'}
            end
            version = tonumber(ARGV[5])
            redis.call('HSET', KEYS[1], 'version', version, 'proved', current + 1)
            redis.call('HDEL', KEYS[1], 'announced')
            return rotate(current + 1, tonumber(ARGV[3]), tonumber(ARGV[4]))
        end

        local given, idle, grace, tell = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])

        -- One caller at a time gets the report of the reuse, until the session is ended.
        if s[5] then
            if now - tonumber(s[5]) < tell then
                return {'unknown'}
            end
            redis.call('HSET', KEYS[1], 'reused', now)
            return {'reused'}
        end

        -- Newer than the stored generation: Redis lost its last second in a restart. The MAC proves that the token is genuine.
        if given >= current then
            if verb == 'rotate' then
                return rotate(given + 1, idle, grace)
            end
            if given > current then
                redis.call('HSET', KEYS[1], 'generation', given, 'rotated', now)
            end
            if tonumber(s[10] or 0) < given then
                redis.call('HSET', KEYS[1], 'resumed', given, 'resumedAt', now)
            end
            return {'rotated', given, keep(absolute, idle), version, s[9] and 1 or 0}
        end

        -- A browser sends the previous cookie with requests that are on their way, and longer if the answer with the new cookie got
        -- lost. So the previous cookie is good until the grace period after the first use of its successor. Of a session without
        -- cookies no generation was ever resumed.
        if s[10] and given == current - 1 and given >= tonumber(s[7] or 0)
            and (tonumber(s[10]) < current or now - tonumber(s[11]) <= grace) then
            return {'rotated', verb == 'rotate' and current or given, keep(absolute, idle), version, s[9] and 1 or 0}
        end

        -- Grace period, for tabs that refresh at the same time or a lost answer: the same successor, if it is not used yet. A tab that
        -- comes later is told that its token was replaced. A password change leaves no successor to the tokens before it.
        local time = replaced[current - given]
        if time and now - time <= grace then
            if verb == 'rotate' and given == current - 1 and given >= tonumber(s[7] or 0) then
                return {'rotated', current, keep(absolute, idle), version, s[9] and 1 or 0}
            end
            return {'superseded'}
        end

        redis.call('HSET', KEYS[1], 'reused', now)
        redis.call('ZREM', KEYS[2], id)
        return {'reused'}
        """;

    private static readonly TimeSpan TellReuseAgainAfter = TimeSpan.FromSeconds(10);

    // Longer than a request takes that announces and then continues.
    private static readonly TimeSpan AnnouncementLifetime = TimeSpan.FromMinutes(2);

    public async Task<SessionTicket> Open(
        Guid userId, int version, bool hasSecondFactor, IClient client, CancellationToken cancellationToken)
    {
        var id = Ids.New(clock.GetUtcNow());
        var pushedOut = await Run(
            userId, id, cancellationToken,
            "open", Name(id), Milliseconds(settings.IdleLifetime), Milliseconds(settings.AbsoluteLifetime), settings.MaxPerUser,
            client.UserAgent ?? "", client.IpAddress?.ToString() ?? "", version, hasSecondFactor ? 1 : 0);
        foreach (var oldest in (RedisValue[])pushedOut!)
            await End(userId, Guid.Parse((string)oldest!), cancellationToken);
        return Ticket(new RefreshToken(userId, id, 1), version, settings.IdleLifetime, hasSecondFactor);
    }

    public Guid? UserOf(string refreshToken) => tokens.Read(refreshToken)?.UserId;

    public async Task<Rotation> Rotate(string refreshToken, CancellationToken cancellationToken) =>
        tokens.Read(refreshToken) is { } token ? await Use(token, "rotate", cancellationToken) : Rotation.Refused;

    public async Task<Rotation> Resume(string cookie, CancellationToken cancellationToken) =>
        tokens.ReadCookie(cookie) is { } token ? await Use(token, "resume", cancellationToken) : Rotation.Refused;

    public async Task<bool> Announce(Guid userId, Guid sessionId, CancellationToken cancellationToken) =>
        (bool)await Run(userId, sessionId, cancellationToken, "announce", Name(sessionId));

    public async Task<Result<SessionTicket>> Continue(Guid userId, Guid sessionId, int version, CancellationToken cancellationToken)
    {
        var answer = (RedisValue[])(await Run(
            userId, sessionId, cancellationToken,
            "continue", Name(sessionId), Milliseconds(settings.IdleLifetime), Milliseconds(settings.ReuseGrace), version))!;
        return (string)answer[0]! == "rotated"
            ? Ticket(
                new RefreshToken(userId, sessionId, (uint)answer[1]), version, TimeSpan.FromMilliseconds((long)answer[2]), (bool)answer[4])
            : UserErrors.InvalidRefreshToken;
    }

    public async Task<bool> EndOutdated(Guid userId, Guid sessionId, int version, CancellationToken cancellationToken)
    {
        var isOutdated = (bool)await Run(
            userId, sessionId, cancellationToken, "outdated", Name(sessionId), version, Milliseconds(AnnouncementLifetime));
        if (isOutdated)
            await End(userId, sessionId, cancellationToken);
        return isOutdated;
    }

    public async Task<IReadOnlyList<LiveSession>> List(Guid userId, CancellationToken cancellationToken)
    {
        var ids = await Index(userId, Order.Descending, cancellationToken);
        // All calls are sent at once, with one deadline.
        var found = await redis.Run(
            database => Task.WhenAll(
                ids.Select(id => database.HashGetAsync(SessionKey(userId, id), ["created", "seen", "device", "ip"]))),
            cancellationToken);
        // The index still contains sessions whose idle lifetime is over.
        return [.. ids.Zip(found).Where(session => !session.Second[0].IsNull).Select(session => Live(session.First, session.Second))];
    }

    public Task<bool> Exists(Guid userId, Guid sessionId, CancellationToken cancellationToken) =>
        redis.Run(database => database.KeyExistsAsync(SessionKey(userId, sessionId)), cancellationToken);

    public Task<bool> IsFresh(Guid userId, Guid sessionId, CancellationToken cancellationToken) =>
        IsFresh(userId, sessionId, "created", cancellationToken);

    public Task ProveSecondFactor(Guid userId, Guid sessionId, CancellationToken cancellationToken) =>
        Run(userId, sessionId, cancellationToken, "factor", Name(sessionId));

    public Task<bool> HasFreshSecondFactor(Guid userId, Guid sessionId, CancellationToken cancellationToken) =>
        IsFresh(userId, sessionId, "factor", cancellationToken);

    // Revoked before it is deleted: when a step fails, the session still exists and can be ended again.
    public Task End(Guid userId, Guid sessionId, CancellationToken cancellationToken) =>
        revoked.Add(sessionId, token => Run(userId, sessionId, token, "end", Name(sessionId)), cancellationToken);

    public Task EndAll(Guid userId, CancellationToken cancellationToken) => EndOthers(userId, Guid.Empty, cancellationToken);

    public async Task EndOthers(Guid userId, Guid keptSessionId, CancellationToken cancellationToken)
    {
        // One by one: each is a separate step that can be repeated.
        foreach (var id in await Index(userId, Order.Ascending, cancellationToken))
        {
            if (id != keptSessionId)
                await End(userId, id, cancellationToken);
        }
    }

    private async Task<bool> IsFresh(Guid userId, Guid sessionId, string field, CancellationToken cancellationToken)
    {
        var at = await redis.Run(database => database.HashGetAsync(SessionKey(userId, sessionId), field), cancellationToken);
        return !at.IsNull && clock.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds((long)at) <= settings.FreshFor;
    }

    private async Task<Rotation> Use(RefreshToken token, string verb, CancellationToken cancellationToken)
    {
        var answer = (RedisValue[])(await Run(
            token.UserId, token.SessionId, cancellationToken,
            verb, Name(token.SessionId), token.Generation, Milliseconds(settings.IdleLifetime), Milliseconds(settings.ReuseGrace),
            Milliseconds(TellReuseAgainAfter)))!;
        switch ((string)answer[0]!)
        {
            case "rotated":
                return Rotation.To(
                    Ticket(
                        token with { Generation = (uint)answer[1] }, (int)answer[3], TimeSpan.FromMilliseconds((long)answer[2]),
                        (bool)answer[4]));
            case "reused":
                metrics.Reused();
                // The session is already unusable. Redis keeps it, and reports the reuse again, until the caller has ended it.
                await revoked.Add(token.SessionId, _ => Task.CompletedTask, cancellationToken);
                return Rotation.EndedBy(new EndedByReuse(token.UserId, token.SessionId));
            case "superseded":
                return Rotation.Superseded;
            default:
                return Rotation.Refused;
        }
    }

    private async Task<Guid[]> Index(Guid userId, Order order, CancellationToken cancellationToken)
    {
        var ids = await redis.Run(database => database.SortedSetRangeByRankAsync(IndexKey(userId), order: order), cancellationToken);
        return [.. ids.Select(id => Guid.Parse((string)id!))];
    }

    private Task<RedisResult> Run(Guid userId, Guid sessionId, CancellationToken cancellationToken, params RedisValue[] arguments) =>
        redis.Script(Script, [SessionKey(userId, sessionId), IndexKey(userId)], arguments, cancellationToken);

    private RedisKey SessionKey(Guid userId, Guid sessionId) => redis.Key($"session:{{{Name(userId)}}}:{Name(sessionId)}");

    private RedisKey IndexKey(Guid userId) => redis.Key($"sessions:{{{Name(userId)}}}");

    /// <summary>Reads the fields created, seen, device and ip.</summary>
    internal static LiveSession Live(Guid id, RedisValue[] fields) => new(
        id, Text(fields[2]), Text(fields[3]), DateTimeOffset.FromUnixTimeMilliseconds((long)fields[0]),
        DateTimeOffset.FromUnixTimeMilliseconds((long)fields[1]));

    private static string? Text(RedisValue field) => field.IsNullOrEmpty ? null : (string)field!;

    private SessionTicket Ticket(RefreshToken token, int version, TimeSpan life, bool hasSecondFactor) =>
        new(token.UserId, token.SessionId, version, tokens.Write(token), life, hasSecondFactor);

    private static string Name(Guid id) => id.ToString("N");

    private static long Milliseconds(TimeSpan life) => (long)life.TotalMilliseconds;
}
