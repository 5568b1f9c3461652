using Microsoft.AspNetCore.Mvc;
using Portico.Application.Auth;
using Portico.Infrastructure.AccessTokens;
using Portico.Infrastructure.Sessions;
using Portico.WebApi.Http;

namespace Portico.WebApi.Cookies;

/// <summary>Keeps the tokens of a session on the server, and gives the browser the cookie that stands for them.</summary>
/// <remarks>A sign-in ends the session that the browser had, so nobody goes on with a cookie from before it (session fixation).</remarks>
internal sealed class CookieResult(TokensDto tokens, int status = StatusCodes.Status200OK) : ActionResult
{
    public override async Task ExecuteResultAsync(ActionContext context)
    {
        var http = context.HttpContext;
        var services = http.RequestServices;
        if (http.Features.Get<AuthenticatedCaller>() is { Cookie: not null, Claims: var before } && before.SessionId != tokens.SessionId)
            await services.GetRequiredService<ISessions>().End(before.Subject, before.SessionId, http.RequestAborted);

        if (!services.GetRequiredService<VerifiedTokenCache>().TryValidate(tokens.AccessToken, out var claims, out var refusal))
            throw new InvalidOperationException($"A token that was issued a moment ago is refused: {refusal}.");
        var expiresAt = services.GetRequiredService<TimeProvider>().GetUtcNow() + TimeSpan.FromSeconds(tokens.RefreshExpiresIn);
        services.GetRequiredService<SessionCookie>()
            .Set(http.Response, services.GetRequiredService<ISessionCookies>().CookieOf(tokens.RefreshToken));
        await new ObjectResult(BrowserSessionDto.Of(claims, expiresAt)) { StatusCode = status }.ExecuteResultAsync(context);
    }
}

/// <summary>204, and the browser drops the cookie.</summary>
internal sealed class CookieEndResult : ActionResult
{
    public override void ExecuteResult(ActionContext context)
    {
        context.HttpContext.RequestServices.GetRequiredService<SessionCookie>().Delete(context.HttpContext.Response);
        context.HttpContext.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}

internal static class CookieResults
{
    /// <summary>The refresh token of the caller's cookie.</summary>
    /// <exception cref="InvalidOperationException">The action needs <see cref="NeedsCookieAttribute"/>.</exception>
    public static string RefreshTokenOfCookie(this HttpContext context) =>
        context.Features.Get<AuthenticatedCaller>()?.Cookie is { } cookie
        && context.RequestServices.GetRequiredService<ISessionCookies>().RefreshTokenOf(cookie) is { } token
            ? token
            : throw new InvalidOperationException("The caller has no cookie.");

    /// <summary>Tokens for a caller who has tokens, and a cookie for a browser that has a cookie.</summary>
    public static ActionResult TokensOrCookie(this HttpContext context, TokensDto tokens) =>
        context.Features.Get<AuthenticatedCaller>()?.Cookie is null
            ? new OkObjectResult(tokens)
            : new CookieResult(tokens);
}
