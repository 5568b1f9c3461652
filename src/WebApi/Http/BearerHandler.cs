using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Portico.Application.Common;
using Portico.Application.Common.Security;
using Portico.Infrastructure.AccessTokens;
using Portico.Infrastructure.Sessions;
using Portico.Infrastructure.SigningKeys;

namespace Portico.WebApi.Http;

/// <summary>Authenticates a caller by the access token (RFC 6750, 2.1: only the Authorization header).</summary>
/// <remarks>
/// With an invalid token the caller is anonymous. The request does not fail: use cases without sign-in still work. A token whose key is
/// unknown while the keys can't be read is 503.
/// </remarks>
internal sealed class BearerHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, VerifiedTokenCache tokens,
    IRevokedSessions ended,
    ITokenVersions epochs, ISigningKeyRefresh keys)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Bearer";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization;
        if (header.Count == 0)
            return AuthenticateResult.NoResult();

        if (header is not [{ } value] || !TryReadToken(value, out var token))
            return Refuse("malformed");
        if (!tokens.TryValidate(token, out var claims, out var refusal) && refusal == TokenError.UnknownKey)
        {
            // Another replica may have created the key a moment ago.
            var isReloaded = await keys.LookAgain(Context.RequestAborted);
            // A 401 would make the client give up a session that may be good.
            if (!tokens.TryValidate(token, out claims, out refusal) && refusal == TokenError.UnknownKey && !isReloaded)
                throw new DependencyUnavailableException(TokenKeys.Dependency);
        }

        if (claims is null)
            return Refuse(refusal.ToString());
        if (await ended.Contains(claims.SessionId, Context.RequestAborted))
            return Refuse("session ended");
        if (!await epochs.Accepts(claims.Subject, claims.Epoch, Context.RequestAborted))
            return Refuse("epoch passed");

        Context.Features.Set(new Bearer(claims));
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity(SchemeName)), SchemeName));
    }

    private AuthenticateResult Refuse(string reason)
    {
        Context.Features.Set(new InvalidBearer());
        return AuthenticateResult.Fail(reason);
    }

    // The scheme in upper or lower case and one space (RFC 9110, 11.4); the validator checks the rest.
    private static bool TryReadToken(string header, out string token)
    {
        const string Prefix = SchemeName + " ";
        token = header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? header[Prefix.Length..] : "";
        return token.Length > 0;
    }
}

/// <summary>The claims of the caller's access token.</summary>
internal sealed record Bearer(AccessTokenClaims Claims);

/// <summary>The caller sent an invalid access token.</summary>
internal sealed record InvalidBearer;

/// <summary>The caller of the current request.</summary>
internal sealed class HttpCurrentUser(IHttpContextAccessor accessor) : ICurrentUser
{
    public AccessTokenClaims? Claims => accessor.HttpContext?.Features.Get<Bearer>()?.Claims;
}

/// <summary>The challenge of a 401 (RFC 6750, 3): whether the token was missing or invalid.</summary>
internal static class BearerChallenge
{
    public static string For(HttpContext context) => context.Features.Get<InvalidBearer>() is null
        ? "Bearer realm=\"portico\""
        : "Bearer realm=\"portico\", error=\"invalid_token\", error_description=\"The access token is expired, revoked or not valid.\"";
}
