using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Portico.Client;

/// <summary>The caller of a request, as the verified access token describes them.</summary>
/// <remarks>
/// A token has every role that is implied: an administrator is a manager and a user too. So <c>[Authorize(Roles = "manager")]</c> and
/// <see cref="ClaimsPrincipal.IsInRole"/> let higher roles in.
/// </remarks>
public static class PorticoCaller
{
    /// <summary>The role of everybody who has registered.</summary>
    public const string User = "user";

    /// <summary>The role of those who manage money and sports events.</summary>
    public const string Manager = "manager";

    /// <summary>The role of those who manage users.</summary>
    public const string Admin = "admin";

    /// <summary>The id of the user or of the service account.</summary>
    /// <exception cref="InvalidOperationException">The request has no valid token.</exception>
    public static Guid GetPorticoId(this ClaimsPrincipal caller) =>
        Guid.TryParse(caller.FindFirstValue("sub"), out var id) ? id : throw new InvalidOperationException("Nobody is signed in.");

    /// <summary>Whether a service calls as itself, and not for a user.</summary>
    public static bool IsServiceAccount(this ClaimsPrincipal caller) => caller.HasClaim(claim => claim.Type == "secret_id");

    /// <summary>Answers callers without a permission such as <c>money.read</c> with 403.</summary>
    public static TEndpoint RequirePermission<TEndpoint>(this TEndpoint endpoint, string permission)
        where TEndpoint : IEndpointConventionBuilder =>
        endpoint.RequireAuthorization(policy => policy.RequireClaim("permissions", permission));
}
