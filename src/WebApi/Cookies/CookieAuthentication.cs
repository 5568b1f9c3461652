using Portico.WebApi.Http;

namespace Portico.WebApi.Cookies;

/// <summary>Authenticates a browser by the cookie of its session: the server holds the access token for it.</summary>
/// <remarks>
/// A request with an Authorization header is not asked: an access token counts alone, also when it is invalid. With an invalid
/// cookie the caller is anonymous. The cookie is never deleted then, because a sign-in in another tab may have replaced it already.
/// Health checks and pages need no caller, and must not depend on Redis because a browser has a cookie.
/// </remarks>
internal sealed class CookieAuthentication(RequestDelegate next, SessionCookie cookies, HeldTokens tokens, AccessTokenCheck check)
{
    // The token version may pass again while the next token is made.
    private const int Attempts = 3;

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        return request.Headers.Authorization.Count == 0 && request.Headers.Cookie.Count > 0
            && request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase) && cookies.Find(request) is { } cookie
                ? Authenticate(context, cookie)
                : next(context);
    }

    private async Task Authenticate(HttpContext context, string cookie)
    {
        context.Features.Set(await Find(cookie, context.RequestAborted));
        await next(context);
    }

    private async ValueTask<AuthenticatedCaller?> Find(string cookie, CancellationToken cancellationToken)
    {
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            if (await tokens.Find(cookie, isRefused: attempt > 1, cancellationToken) is not { } held)
                return null;
            var token = held.AccessToken.AsMemory();
            var verdict = await check.Judge(token, cancellationToken);
            if (verdict.Claims is { } claims)
                return new AuthenticatedCaller(claims, token) { Cookie = cookie, SessionExpiresAt = held.SessionExpiresAt };
            if (verdict == AccessTokenVerdict.Revoked)
                return null;
        }

        return null;
    }
}
