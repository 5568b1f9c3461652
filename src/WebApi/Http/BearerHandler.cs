using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Portico.Application.Common.Security;

namespace Portico.WebApi.Http;

/// <summary>Authenticates a caller by the access token (RFC 6750, 2.1: only the Authorization header).</summary>
/// <remarks>
/// With an invalid token the caller is anonymous. The request does not fail: use cases without sign-in still work. A token whose key is
/// unknown while the keys can't be read is 503.
/// </remarks>
internal sealed class BearerHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, AccessTokenCheck tokens)
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
        var verdict = await tokens.Judge(token, Context.RequestAborted);
        if (verdict.Claims is not { } claims)
            return Refuse(verdict.Refusal);

        Context.Features.Set(new AuthenticatedCaller(claims, token));
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

/// <summary>Who sent the request, by an access token.</summary>
/// <param name="Claims">The claims of the token.</param>
/// <param name="AccessToken">The token: of a browser with a cookie the one that the server holds for it.</param>
internal sealed record AuthenticatedCaller(AccessTokenClaims Claims, string AccessToken)
{
    /// <summary>The cookie that the caller was authenticated by; <c>null</c> for an access token.</summary>
    public string? Cookie { get; init; }

    /// <summary>When the session ends if it is not used any more; <c>null</c> when only the token is known.</summary>
    public DateTimeOffset? SessionExpiresAt { get; init; }
}

/// <summary>The caller sent an invalid access token.</summary>
internal sealed record InvalidBearer;

/// <summary>The caller of the current request.</summary>
internal sealed class HttpCurrentUser(IHttpContextAccessor accessor) : ICurrentUser
{
    public AccessTokenClaims? Claims => Caller?.Claims;

    public DateTimeOffset SessionExpiresAt => Caller is { } caller
        ? caller.SessionExpiresAt ?? caller.Claims.ExpiresAt
        : throw new InvalidOperationException("Nobody is signed in.");

    private AuthenticatedCaller? Caller => accessor.HttpContext?.Features.Get<AuthenticatedCaller>();
}

/// <summary>The challenge of a 401 (RFC 6750, 3): whether the token was missing or invalid.</summary>
internal static class BearerChallenge
{
    public static string For(HttpContext context) => context.Features.Get<InvalidBearer>() is null
        ? "Bearer realm=\"portico\""
        : "Bearer realm=\"portico\", error=\"invalid_token\", error_description=\"The access token is expired, revoked or not valid.\"";
}
