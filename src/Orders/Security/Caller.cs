using System.Globalization;
using System.Security.Claims;
using Portico.Orders.Domain;

namespace Portico.Orders.Security;

/// <summary>The caller of one call, as their verified access token describes them.</summary>
/// <param name="UserId">The user whom the token is for (<c>sub</c>).</param>
/// <param name="IsUser">Whether the token has the role <c>user</c>.</param>
/// <param name="IsManager">Whether the token has the role <c>manager</c>, who reads the orders of every user.</param>
/// <param name="MayProcess">Whether Portico itself calls for this user, and moves the money of the order.</param>
/// <param name="ExpiresAt">When the token expires.</param>
internal sealed record Caller(Guid UserId, bool IsUser, bool IsManager, bool MayProcess, DateTimeOffset ExpiresAt)
{
    public const string RoleClaim = "roles";
    public const string PermissionClaim = "permissions";

    /// <summary>The permission to confirm orders and to cancel placed ones; no role of Portico has it.</summary>
    public const string ProcessPermission = "orders.process";

    private const string User = "user";
    private const string Manager = "manager";

    /// <summary>The caller with these verified claims; null when a claim is missing.</summary>
    public static Caller? Of(ClaimsPrincipal claims)
    {
        if (claims.Identity?.IsAuthenticated != true || !Guid.TryParse(claims.FindFirstValue("sub"), out var id)
            || !long.TryParse(claims.FindFirstValue("exp"), CultureInfo.InvariantCulture, out var expiry))
            return null;
        return new Caller(
            id,
            claims.HasClaim(RoleClaim, User),
            claims.HasClaim(RoleClaim, Manager),
            claims.HasClaim(PermissionClaim, ProcessPermission),
            DateTimeOffset.FromUnixTimeSeconds(expiry));
    }

    /// <summary>The user whose orders are read: the caller, or the one whom a manager names.</summary>
    /// <exception cref="OrderRefusedException">Another user is named by one who is no manager.</exception>
    public Guid OwnerToRead(Guid? named) => named is not { } owner || owner == UserId ? UserId
        : IsManager ? owner
        : throw new OrderRefusedException(OrderErrors.Forbidden);
}
