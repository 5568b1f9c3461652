using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Security;
using Portico.Infrastructure.AccessTokens;

namespace Portico.WebApi.Http;

/// <summary>200 without a body; header fields name the caller.</summary>
/// <remarks>
/// All four are always sent, so that a proxy which copies them replaces those that a client made up. A service account has no session.
/// </remarks>
internal sealed class VerifiedCallerResult(AccessTokenClaims caller) : ActionResult
{
    public override void ExecuteResult(ActionContext context)
    {
        var headers = context.HttpContext.Response.Headers;
        headers["X-Portico-User"] = caller.Subject.ToString();
        headers["X-Portico-Session"] = caller.IsServiceAccount ? "" : caller.SessionId.ToString();
        headers["X-Portico-Roles"] = string.Join(',', caller.Roles.Select(RoleNames.TextOf));
        headers["X-Portico-Permissions"] = string.Join(',', caller.Permissions);
        context.HttpContext.Response.StatusCode = StatusCodes.Status200OK;
    }
}
