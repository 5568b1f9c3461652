namespace Portico.Application.Common.Security;

/// <summary>Who may send a use case. Each use case has exactly one of the attributes below; without one it can't be sent.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public abstract class AccessAttribute : Attribute;

/// <summary>Anybody may send it.</summary>
public sealed class AnonymousAttribute : AccessAttribute;

/// <summary>Any signed-in user may send it and sees only own records.</summary>
public sealed class AuthenticatedAttribute : AccessAttribute;

/// <summary>Only a user whose role holds the permission, one of <see cref="Permissions"/>, may send it.</summary>
public sealed class RequirePermissionAttribute(string permission) : AccessAttribute
{
    public string Permission { get; } = permission;
}
