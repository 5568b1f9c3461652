using Portico.Application.Common.Security;

namespace Portico.WebApi.Http;

/// <summary>Authenticates a caller by the access token (RFC 6750, 2.1: only the Authorization header).</summary>
/// <remarks>
/// With an invalid token the caller is anonymous. The request does not fail: use cases without sign-in still work. A token whose key is
/// unknown while the keys can't be read is 503.
/// </remarks>
internal sealed class BearerAuthentication(RequestDelegate next, AccessTokenCheck tokens)
{
    public const string SchemeName = "Bearer";

    public Task InvokeAsync(HttpContext context)
    {
        if (context.Request.Headers.Authorization.Count == 0)
            return next(context);
        if (context.Request.Headers.Authorization is not [{ } header] || TokenOf(header) is not { IsEmpty: false } token)
            return Continue(context, caller: null);

        // Nearly always from memory, without a task of its own.
        var judging = tokens.Judge(token, context.RequestAborted);
        return judging.IsCompletedSuccessfully
            ? Continue(context, CallerOf(judging.Result, token))
            : ContinueAfter(judging, context, token);
    }

    private async Task ContinueAfter(ValueTask<AccessTokenVerdict> judging, HttpContext context, ReadOnlyMemory<char> token) =>
        await Continue(context, CallerOf(await judging, token));

    private Task Continue(HttpContext context, AuthenticatedCaller? caller)
    {
        if (caller is null)
            context.Features.Set(new InvalidBearer());
        else
            context.Features.Set(caller);
        return next(context);
    }

    private static AuthenticatedCaller? CallerOf(AccessTokenVerdict verdict, ReadOnlyMemory<char> token) =>
        verdict.Claims is { } claims ? new AuthenticatedCaller(claims, token) : null;

    // The scheme in upper or lower case and one space (RFC 9110, 11.4); the validator checks the rest.
    private static ReadOnlyMemory<char> TokenOf(string header)
    {
        const string Prefix = SchemeName + " ";
        return header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? header.AsMemory(Prefix.Length) : default;
    }
}

/// <summary>Who sent the request, by an access token.</summary>
/// <param name="Claims">The claims of the token.</param>
/// <param name="AccessToken">The token: of a browser with a cookie the one that the server holds for it.</param>
internal sealed record AuthenticatedCaller(AccessTokenClaims Claims, ReadOnlyMemory<char> AccessToken)
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
