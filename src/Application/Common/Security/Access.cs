using Portico.Domain.Common;

namespace Portico.Application.Common.Security;

/// <summary>Who may send a use case. Each use case has exactly one of the attributes below; without one it can't be sent.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public abstract class AccessAttribute : Attribute
{
    /// <summary>Checks the caller, without a look at the request.</summary>
    /// <returns>The error for a caller who may not send the use case, or <c>null</c>.</returns>
    public abstract Error? Refuse(ICurrentUser caller);
}

/// <summary>Anybody may send it.</summary>
public sealed class AnonymousAttribute : AccessAttribute
{
    public override Error? Refuse(ICurrentUser caller) => null;
}

/// <summary>Any signed-in user may send it and sees only own records.</summary>
public sealed class AuthenticatedAttribute : AccessAttribute
{
    /// <summary>Whether a service account may send it too; it owns no records.</summary>
    public bool OrServiceAccount { get; init; }

    public override Error? Refuse(ICurrentUser caller) =>
        caller.Claims is not { } claims ? CommonErrors.Unauthenticated
        : claims.IsServiceAccount && !OrServiceAccount ? CommonErrors.Forbidden
        : null;
}

/// <summary>Only a user whose role holds the permission, or a service account that holds it, may send it.</summary>
/// <param name="permission">One of <see cref="Permissions"/>.</param>
public sealed class RequirePermissionAttribute(string permission) : AccessAttribute
{
    public string Permission { get; } = permission;

    public override Error? Refuse(ICurrentUser caller) =>
        !caller.IsAuthenticated ? CommonErrors.Unauthenticated : caller.Has(Permission) ? null : CommonErrors.Forbidden;
}
