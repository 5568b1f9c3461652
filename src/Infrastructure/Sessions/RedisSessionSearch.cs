using Portico.Application.Auth;
using Portico.Application.Common;
using Portico.Application.Sessions;
using Portico.Infrastructure.Redis;
using StackExchange.Redis;

namespace Portico.Infrastructure.Sessions;

/// <summary>Looks at all sessions in Redis, on each primary of a cluster.</summary>
/// <remarks>
/// <c>SCAN</c> finds every session that exists from its beginning to its end, some perhaps twice, and blocks Redis for parts of a
/// millisecond only. One search at a time, so that searches can't take the connection from the sign-ins.
/// </remarks>
internal sealed class RedisSessionSearch(RedisConnection redis, ISessions sessions) : ISessionSearch, IDisposable
{
    private const int MaxFound = 10_000;
    private const int MaxLookedAt = 1_000_000;
    private const int KeysOfAScan = 500;
    private const int NameLength = 32;
    private const string KeyStart = "session:{";
    private const string KeyMiddle = "}:";

    private static readonly RedisValue[] Fields = ["created", "seen", "device", "ip", "reused"];

    private readonly SemaphoreSlim _one = new(1);

    public async Task<FoundSessions> Find(SessionConditions conditions, CancellationToken cancellationToken)
    {
        if (conditions.UserId is { } user)
        {
            var own = await sessions.List(user, cancellationToken);
            return new FoundSessions(
                [.. own.Where(session => conditions.IsMetBy(user, session)).Select(session => new FoundSession(user, session))],
                IsComplete: true);
        }

        await _one.WaitAsync(cancellationToken);
        try
        {
            return await Scan(conditions, cancellationToken);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<FoundSessions> Scan(SessionConditions conditions, CancellationToken cancellationToken)
    {
        var prefix = (string)redis.Key(KeyStart)!;
        var pattern = $"{Literally(prefix)}*";
        var found = new Dictionary<Guid, FoundSession>();
        var lookedAt = 0;
        foreach (var server in await Primaries())
        {
            var cursor = "0";
            do
            {
                (cursor, var keys) = await Page(server, cursor, pattern, cancellationToken);
                lookedAt += keys.Length;
                foreach (var session in await Read(prefix, keys, cancellationToken))
                {
                    if (conditions.IsMetBy(session.UserId, session.Session))
                        found[session.Session.Id] = session;
                }

                if (found.Count >= MaxFound || lookedAt >= MaxLookedAt)
                    return new FoundSessions([.. found.Values.Take(MaxFound)], IsComplete: false);
            }
            while (cursor != "0");
        }

        return new FoundSessions([.. found.Values], IsComplete: true);
    }

    private async Task<IServer[]> Primaries()
    {
        IServer[] primaries = [.. (await redis.Multiplexer()).GetServers().Where(server => !server.IsReplica)];
        return primaries.Length > 0 && Array.TrueForAll(primaries, server => server.IsConnected)
            ? primaries
            : throw new DependencyUnavailableException("Redis");
    }

    private async Task<(string Cursor, string[] Keys)> Page(
        IServer server, string cursor, string pattern, CancellationToken cancellationToken)
    {
        var answer = (RedisResult[])(await redis.Run(
            _ => server.ExecuteAsync("SCAN", cursor, "MATCH", pattern, "COUNT", KeysOfAScan), cancellationToken))!;
        return ((string)answer[0]!, (string[])answer[1]!);
    }

    private async Task<List<FoundSession>> Read(string prefix, string[] keys, CancellationToken cancellationToken)
    {
        (string Key, Guid User, Guid Session)[] named = [.. Named(prefix, keys)];
        if (named.Length == 0)
            return [];

        // All calls are sent at once, with one deadline.
        var values = await redis.Run(
            database => Task.WhenAll(named.Select(session => database.HashGetAsync(session.Key, Fields))), cancellationToken);
        // A session that has ended meanwhile has no fields; one that reuse has ended is kept only until everybody knows.
        return
        [
            .. named.Zip(values).Where(pair => !pair.Second[0].IsNull && pair.Second[^1].IsNull)
                .Select(pair => new FoundSession(pair.First.User, RedisSessions.Live(pair.First.Session, pair.Second))),
        ];
    }

    private static IEnumerable<(string Key, Guid User, Guid Session)> Named(string prefix, string[] keys)
    {
        foreach (var key in keys)
        {
            var name = key.AsSpan(prefix.Length);
            if (name.Length == (2 * NameLength) + KeyMiddle.Length
                && Guid.TryParseExact(name[..NameLength], "N", out var user)
                && Guid.TryParseExact(name[^NameLength..], "N", out var session))
                yield return (key, user, session);
        }
    }

    /// <summary>A pattern that means only this text.</summary>
    private static string Literally(string text) =>
        string.Concat(text.Select(sign => sign is '*' or '?' or '[' or ']' or '\\' or '^' ? $@"\{sign}" : $"{sign}"));
}
