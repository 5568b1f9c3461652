using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Portico.WebApi.Http;

namespace Portico.WebApi.Cookies;

/// <summary>Authenticates a browser by the cookie of its session: the server holds the access token for it.</summary>
/// <remarks>
/// It is asked only for requests without an Authorization header: an access token counts alone, also when it is invalid. With an invalid
/// cookie the caller is anonymous. The cookie is never deleted then, because a sign-in in another tab may have replaced it already.
/// </remarks>
internal sealed class CookieHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, SessionCookie cookies,
    HeldTokens tokens, AccessTokenCheck check)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Cookie";

    // The token version may pass again while the next token is made.
    private const int Attempts = 3;

    /// <summary>The scheme that a request belongs to; <c>null</c> for the access token.</summary>
    /// <remarks>Health checks and pages need no caller, and must not depend on Redis because a browser has a cookie.</remarks>
    public static string? SchemeOf(HttpContext context) =>
        context.Request.Headers.Authorization.Count == 0 && context.Request.Headers.Cookie.Count > 0
        && context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase)
            ? SchemeName
            : null;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (cookies.Find(Request) is not { } cookie)
            return AuthenticateResult.NoResult();

        var verdict = AccessTokenVerdict.Revoked;
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            if (await tokens.Find(cookie, isRefused: attempt > 1, Context.RequestAborted) is not { } held)
                break;
            verdict = await check.Judge(held.AccessToken, Context.RequestAborted);
            if (verdict.Claims is { } claims)
            {
                Context.Features.Set(
                    new AuthenticatedCaller(claims, held.AccessToken) { Cookie = cookie, SessionExpiresAt = held.SessionExpiresAt });
                return AuthenticateResult.Success(
                    new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity(SchemeName)), SchemeName));
            }

            if (verdict == AccessTokenVerdict.Revoked)
                break;
        }

        return AuthenticateResult.Fail(verdict.Refusal);
    }
}
