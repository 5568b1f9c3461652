using System.Collections.Concurrent;
using Portico.Application.Auth;
using Portico.Application.Common;
using Portico.Application.Common.Messaging;
using Portico.Infrastructure.AccessTokens;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.Sessions;

namespace Portico.WebApi.Cookies;

/// <summary>The access token that the server holds for a browser.</summary>
/// <param name="AccessToken">The token.</param>
/// <param name="Version">The version of the session when the token was made.</param>
/// <param name="SessionExpiresAt">When the session ends if it is not used any more.</param>
/// <param name="ExpiresAt">When the token expires.</param>
/// <param name="RenewAt">From when on the next token is made.</param>
/// <param name="CheckAt">From when on (a timestamp of the clock) Redis is asked whether the cookie is still valid.</param>
internal sealed record HeldToken(
    string AccessToken, int Version, DateTimeOffset SessionExpiresAt, DateTimeOffset ExpiresAt, DateTimeOffset RenewAt, long CheckAt);

/// <summary>Holds an access token for each cookie that is in use, so that a request with a cookie needs no round trip.</summary>
/// <remarks>
/// A cookie is checked in Redis once in 5 s at most, which also extends the session; then a replaced cookie is noticed. That the session
/// was revoked is noticed within a second, with each request, like for any access token. While Redis or PostgreSQL is away the token that
/// is held works until it expires. Of many requests at once one makes the token. A text that this installation did not write costs no
/// call. The cookie itself is never stored, only its hash. At most 20,000 tokens are held; the least recently used are dropped.
/// Thread-safe.
/// </remarks>
internal sealed class HeldTokens(ISessionCookies secrets, IServiceScopeFactory scopes, TimeProvider clock)
{
    private const int MaxPerGeneration = 10_000;

    // The share of its life after which a token is replaced, so that what is called with it has time left.
    private const double UsedShare = 0.8;

    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan OutageInterval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<TextHash, Lazy<Task<HeldToken?>>> _loads = new();
    private readonly RecentlyUsedCache<TextHash, HeldToken> _tokens = new(MaxPerGeneration);

    /// <summary>The token of a cookie; <c>null</c> when the cookie is not valid.</summary>
    /// <param name="cookie">The value of the cookie.</param>
    /// <param name="isRefused">Whether the token of the last call was refused, so that another one is needed.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="DependencyUnavailableException">No valid token is held for the cookie, and Redis is away.</exception>
    public ValueTask<HeldToken?> Find(string cookie, bool isRefused, CancellationToken cancellationToken)
    {
        var id = TextHash.Of(cookie);
        var held = isRefused ? null : _tokens.Find(id);
        if (held is not null && clock.GetTimestamp() < held.CheckAt && clock.GetUtcNow() < held.RenewAt)
            return ValueTask.FromResult<HeldToken?>(held);
        return secrets.RefreshTokenOf(cookie) is null ? ValueTask.FromResult<HeldToken?>(null) : Join(id, cookie, held, cancellationToken);
    }

    private async ValueTask<HeldToken?> Join(TextHash id, string cookie, HeldToken? held, CancellationToken cancellationToken)
    {
        var load = _loads.GetOrAdd(
            id, static (_, work) => new Lazy<Task<HeldToken?>>(() => work.Owner.LoadOnce(work.Id, work.Cookie, work.Held)),
            (Owner: this, Id: id, Cookie: cookie, Held: held));
        return await load.Value.WaitAsync(cancellationToken);
    }

    private async Task<HeldToken?> LoadOnce(TextHash id, string cookie, HeldToken? held)
    {
        try
        {
            var loaded = await Load(cookie, held);
            if (loaded is not null)
                _tokens.Set(id, loaded);
            else
                _tokens.Remove(id);
            return loaded;
        }
        catch (Exception failure) when (held is not null && clock.GetUtcNow() < held.ExpiresAt && IsOutage(failure))
        {
            var kept = held with { CheckAt = After(OutageInterval), RenewAt = clock.GetUtcNow() + OutageInterval };
            _tokens.Set(id, kept);
            return kept;
        }
        finally
        {
            _loads.TryRemove(id, out _);
        }
    }

    private async Task<HeldToken?> Load(string cookie, HeldToken? held)
    {
        // The request that began it may end before it.
        await using var scope = scopes.CreateAsyncScope();
        var now = clock.GetUtcNow();
        var known = held is not null && now < held.RenewAt ? held : null;
        var resumed = await scope.ServiceProvider.GetRequiredService<ISender>()
            .Send(new ResumeSession { Cookie = cookie, KnownVersion = known?.Version }, CancellationToken.None);
        if (resumed.Error is not null)
            return null;

        var (version, life, token) = resumed.Value;
        return token is null
            ? known! with { SessionExpiresAt = now + life, CheckAt = After(CheckInterval) }
            : new HeldToken(
                token.Value, version, now + life, now + token.Lifetime, now + (UsedShare * token.Lifetime), After(CheckInterval));
    }

    private static bool IsOutage(Exception failure) => failure is DependencyUnavailableException || DatabaseOutage.Is(failure);

    private long After(TimeSpan interval) => clock.GetTimestamp() + (long)(interval.TotalSeconds * clock.TimestampFrequency);
}
