using Microsoft.AspNetCore.Mvc;
using Portico.Application.Auth;
using Portico.Application.Common;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Infrastructure.AccessTokens;
using Portico.WebApi.Cookies;
using Portico.WebApi.Http;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>Forward authentication. Not an action of a controller, because proxies ask it for every request that they get.</summary>
internal static class VerifyEndpoint
{
    private const string Parameter = "permission";

    public static void MapVerify(this IEndpointRouteBuilder endpoints) => endpoints.NewVersionedApi()
        .MapGet("/api/v{version:apiVersion}/auth/verify", Verify)
        .HasApiVersion(1.0)
        .WithTags("Sign-in")
        .WithSummary("Checks the caller for another service (forward authentication)")
        .WithDescription(
            """
            A reverse proxy asks this before it passes a request on. 200 has the caller in the header fields `X-Portico-User`,
            `X-Portico-Session`, `X-Portico-Roles` and `X-Portico-Permissions`, lists with commas. 403 without the `permission`;
            400 for any other query, so that a mistake in the configuration of a proxy lets nobody through. The caller
            has an access token or the cookie of a session; with a cookie, a request that names an `Origin` needs one that is allowed, and
            `X-CSRF: 1`. It has no rate limit of its own.
            """)
        .Produces(StatusCodes.Status200OK);

    [UseCase<CheckAccess>]
    [CookieMode(ChecksForOthers = true)]
    [IgnoresIdempotencyKey]
    [NoRateLimit]
    [ProducesErrors(403, 503)]
    private static async Task Verify([FromQuery] string? permission, HttpContext context, ISender sender)
    {
        var wrong = WrongParameters(context.Request);
        // Without a caller it is 401, whatever the query is.
        var result = await sender.Send(new CheckAccess(wrong is null ? permission : null), context.RequestAborted);
        if ((result.Error ?? wrong) is { } error)
            await context.Refuse(HttpError.Of(error));
        else
            Name(context.Response.Headers, result.Value);
    }

    private static Error? WrongParameters(HttpRequest request)
    {
        if (!request.QueryString.HasValue)
            return null;

        var wrong = request.Query
            .Where(sent => sent.Value is not [{ } value] || string.IsNullOrWhiteSpace(value)
                || !sent.Key.Equals(Parameter, StringComparison.OrdinalIgnoreCase))
            .ToDictionary(
                sent => sent.Key,
                _ => (string[])[$"Only these may be in the query, each once and with a value: {Parameter}."],
                StringComparer.Ordinal);
        return wrong.Count > 0 ? CommonErrors.Validation(wrong) : null;
    }

    // All four are always sent, so that a proxy which copies them replaces those that a client made up. A service account has no session.
    private static void Name(IHeaderDictionary headers, AccessTokenClaims caller)
    {
        headers["X-Portico-User"] = caller.Subject.ToString();
        headers["X-Portico-Session"] = caller.IsServiceAccount ? "" : caller.SessionId.ToString();
        headers["X-Portico-Roles"] = string.Join(',', caller.Roles.Select(RoleNames.TextOf));
        headers["X-Portico-Permissions"] = string.Join(',', caller.Permissions);
    }
}
