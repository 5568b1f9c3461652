using Portico.Application.Common;
using Portico.Application.Common.Security;
using Portico.Infrastructure.AccessTokens;
using Portico.Infrastructure.Sessions;
using Portico.Infrastructure.SigningKeys;

namespace Portico.WebApi.Http;

/// <summary>Checks an access token, its session and its token version; of a token that is known without a round trip.</summary>
internal sealed class AccessTokenCheck(
    VerifiedTokenCache tokens, IRevokedSessions revoked, ITokenVersions versions, ISigningKeyRefresh keys)
{
    /// <exception cref="DependencyUnavailableException">The key is unknown, and the keys can't be read.</exception>
    public async ValueTask<AccessTokenVerdict> Judge(ReadOnlyMemory<char> token, CancellationToken cancellationToken)
    {
        if (!tokens.TryValidate(token.Span, out var claims, out var refusal) && refusal == TokenError.UnknownKey)
        {
            // Another replica may have created the key a moment ago.
            var isReloaded = await keys.LookAgain(cancellationToken);
            // A 401 would make the client give up a session that may be good.
            if (!tokens.TryValidate(token.Span, out claims, out refusal) && refusal == TokenError.UnknownKey && !isReloaded)
                throw new DependencyUnavailableException(TokenKeys.Dependency);
        }

        if (claims is null)
            return AccessTokenVerdict.Refused(refusal.ToString());
        if (await revoked.Contains(claims.SessionId, cancellationToken))
            return AccessTokenVerdict.Revoked;
        // A service account has no version: its secret ends its tokens.
        return claims.IsServiceAccount || await versions.Accepts(claims.Subject, claims.Epoch, cancellationToken)
            ? AccessTokenVerdict.Accepted(claims)
            : AccessTokenVerdict.Refused("token version passed");
    }
}

/// <summary>The claims of a valid access token, or why it is refused.</summary>
internal readonly record struct AccessTokenVerdict(AccessTokenClaims? Claims, string Refusal)
{
    /// <summary>The session has ended, so no other token of it is valid either.</summary>
    public static AccessTokenVerdict Revoked => new(null, "session ended");

    public static AccessTokenVerdict Accepted(AccessTokenClaims claims) => new(claims, "");

    public static AccessTokenVerdict Refused(string reason) => new(null, reason);
}
