using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using Portico.Application.Common.Security;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Infrastructure.AccessTokens;

/// <summary>Issues access tokens with which Portico names its caller to one other service.</summary>
public interface IDelegatedTokenIssuer
{
    /// <summary>A token with the identity of the caller, which is valid at one service only.</summary>
    /// <param name="caller">The caller of the current request.</param>
    /// <param name="audience">The <c>aud</c> that the service expects.</param>
    /// <exception cref="Application.Common.DependencyUnavailableException">There are no signing keys yet.</exception>
    string Issue(AccessTokenClaims caller, string audience);
}

/// <summary>Issues such tokens with the current signing key.</summary>
/// <remarks>
/// A token lives for <see cref="Lifetime"/>, and never longer than the caller's own. A signature costs about a millisecond, so a token
/// is used for half of its life. At most 10,000 tokens are kept. Portico refuses them itself, because of their audience. Thread-safe.
/// </remarks>
internal sealed class DelegatedTokenIssuer(TokenKeys keys, TokenSettings settings, TimeProvider clock)
    : IDelegatedTokenIssuer, IDisposable
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private const int MaxTokens = 10_000;

    private readonly MemoryCache _issued = new(Options.Create(new MemoryCacheOptions { SizeLimit = MaxTokens }));

    public string Issue(AccessTokenClaims caller, string audience)
    {
        var signer = keys.Current.Signer;
        var now = clock.GetUtcNow();
        // The expiry is that of one token of the caller, which has one set of claims.
        var key = new IssuedKey(signer.Id, audience, caller.Subject, caller.SessionId, caller.Epoch, caller.ExpiresAt);
        if (_issued.TryGetValue(key, out Issued? issued) && now >= issued!.From && now < issued.Until)
            return issued.Token;

        var expires = caller.ExpiresAt < now + Lifetime ? caller.ExpiresAt : now + Lifetime;
        var content = new TokenContent(
            audience, caller.Subject, now.ToUnixTimeSeconds(), expires.ToUnixTimeSeconds(), caller.Roles, caller.Permissions)
        {
            SessionId = caller.SessionId,
        };
        var token = TokenSigning.Issue(signer, settings, content);
        _issued.Set(
            key,
            new Issued(token, now, now + (Lifetime / 2)),
            new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Lifetime / 2 });
        return token;
    }

    public void Dispose() => _issued.Dispose();

    private sealed record IssuedKey(string Key, string Audience, Guid Subject, Guid Session, int Epoch, DateTimeOffset ExpiresAt);

    private sealed record Issued(string Token, DateTimeOffset From, DateTimeOffset Until);
}
