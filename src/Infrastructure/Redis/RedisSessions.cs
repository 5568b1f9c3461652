using Portico.Application.Auth;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;
using StackExchange.Redis;

namespace Portico.Infrastructure.Redis;

/// <summary>Sessions in Redis: a hash each, and per person a sorted set of them by the time they were opened.</summary>
/// <remarks>One script owns every change of a session, since separate ones would race. Redis's clock is the only one.</remarks>
internal sealed class RedisSessions(RedisConnection redis, SessionSettings settings, RefreshTokens tokens, EndedSessions ended, TimeProvider clock)
    : ISessions
{
    // KEYS: the session, the person's sessions
    // ARGV: verb, then what it needs; times in milliseconds
    // open:   session id, idle life, absolute life, most sessions, device, ip → the sessions it pushed out
    // rotate: session id, generation, idle life, grace → {outcome, generation, life left}
    // continue: session id, idle life → {outcome, generation, life left}
    // end:    session id
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
            redis.call('PEXPIRE', KEYS[1], life)
            redis.call('PEXPIRE', KEYS[2], math.max(life, redis.call('PTTL', KEYS[2])))
            return life
        end

        if verb == 'open' then
            local idle, absolute, most = tonumber(ARGV[3]), now + ARGV[4], tonumber(ARGV[5])
            redis.call('HSET', KEYS[1], 'generation', 1, 'rotated', now, 'created', now, 'absolute', absolute, 'device', ARGV[6], 'ip', ARGV[7])
            redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[4])
            redis.call('ZADD', KEYS[2], now, id)
            keep(absolute, idle)
            local pushed = {}
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

        local s = redis.call('HMGET', KEYS[1], 'generation', 'rotated', 'absolute')
        if not s[1] then
            return {'unknown'}
        end

        local current, absolute = tonumber(s[1]), tonumber(s[3])
        if absolute <= now then
            destroy()
            return {'unknown'}
        end

        local function rotate(generation, idle)
            redis.call('HSET', KEYS[1], 'generation', generation, 'rotated', now)
            return {'rotated', generation, keep(absolute, idle)}
        end

        if verb == 'continue' then
            return rotate(current + 1, tonumber(ARGV[3]))
        end

        local given, idle, grace = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

        -- Newer than we know: Redis came back without its last second. The MAC vouches for the token.
        if given >= current then
            return rotate(given + 1, idle)
        end

        -- Tabs that refresh together, or an answer that got lost: the same successor, as long as nobody has used it.
        if given == current - 1 and now - tonumber(s[2]) <= grace then
            return {'rotated', current, keep(absolute, idle)}
        end

        destroy()
        return {'reused'}
        """;

    public async Task<SessionTicket> Open(Guid userId, IClient client, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        var pushedOut = await Run(
            userId, id, cancellationToken,
            "open", Name(id), Milliseconds(settings.IdleLifetime), Milliseconds(settings.AbsoluteLifetime), settings.MaxPerUser,
            client.UserAgent ?? "", client.IpAddress?.ToString() ?? "");
        foreach (var oldest in (RedisValue[])pushedOut)
            await End(userId, Guid.Parse((string)oldest!), cancellationToken);
        return Ticket(new RefreshToken(userId, id, 1), settings.IdleLifetime);
    }

    public async Task<Result<SessionTicket>> Rotate(string refreshToken, CancellationToken cancellationToken)
    {
        if (tokens.Read(refreshToken) is not { } token)
            return UserErrors.InvalidRefreshToken;

        var answer = (RedisValue[])await Run(
            token.UserId, token.SessionId, cancellationToken,
            "rotate", Name(token.SessionId), token.Generation, Milliseconds(settings.IdleLifetime), Milliseconds(settings.ReuseGrace));
        switch ((string)answer[0]!)
        {
            case "rotated":
                return Ticket(token with { Generation = (uint)answer[1] }, TimeSpan.FromMilliseconds((long)answer[2]));
            case "reused":
                await ended.Add(token.SessionId, cancellationToken);
                return UserErrors.InvalidRefreshToken;
            default:
                return UserErrors.InvalidRefreshToken;
        }
    }

    public async Task<Result<SessionTicket>> Continue(Guid userId, Guid sessionId, CancellationToken cancellationToken)
    {
        var answer = (RedisValue[])await Run(
            userId, sessionId, cancellationToken, "continue", Name(sessionId), Milliseconds(settings.IdleLifetime));
        return (string)answer[0]! == "rotated"
            ? Ticket(new RefreshToken(userId, sessionId, (uint)answer[1]), TimeSpan.FromMilliseconds((long)answer[2]))
            : UserErrors.InvalidRefreshToken;
    }

    public async Task End(Guid userId, Guid sessionId, CancellationToken cancellationToken)
    {
        await Run(userId, sessionId, cancellationToken, "end", Name(sessionId));
        await ended.Add(sessionId, cancellationToken);
    }

    public Task EndAll(Guid userId, CancellationToken cancellationToken) => EndOthers(userId, Guid.Empty, cancellationToken);

    public async Task EndOthers(Guid userId, Guid sessionId, CancellationToken cancellationToken)
    {
        // One by one: each is a step of its own that may be repeated, and the index lets go of a session last.
        var open = await redis.Run(database => database.SortedSetRangeByRankAsync(redis.Key($"sessions:{{{Name(userId)}}}")), cancellationToken);
        foreach (var session in open.Select(name => Guid.Parse((string)name!)).Where(session => session != sessionId))
            await End(userId, session, cancellationToken);
    }

    private Task<RedisResult> Run(Guid userId, Guid sessionId, CancellationToken cancellationToken, params RedisValue[] arguments) => redis.Script(
        Script,
        [redis.Key($"session:{{{Name(userId)}}}:{Name(sessionId)}"), redis.Key($"sessions:{{{Name(userId)}}}")],
        arguments,
        cancellationToken);

    private SessionTicket Ticket(RefreshToken token, TimeSpan life) => new(token.UserId, token.SessionId, tokens.Write(token), life);

    private static string Name(Guid id) => id.ToString("N");

    private static long Milliseconds(TimeSpan life) => (long)life.TotalMilliseconds;
}
