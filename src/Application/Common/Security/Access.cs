namespace Portico.Application.Common.Security;

/// <summary>Who may send a use case. Each one carries exactly one of the attributes below; without one it can't be sent.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public abstract class AccessAttribute : Attribute;

/// <summary>Anybody may send it.</summary>
public sealed class AnonymousAttribute : AccessAttribute;

/// <summary>Anybody who is signed in may send it; what they see is their own.</summary>
public sealed class AuthenticatedAttribute : AccessAttribute;

/// <summary>Only those may send it whose role grants the permission, one of <see cref="Permissions"/>.</summary>
public sealed class RequirePermissionAttribute(string permission) : AccessAttribute
{
    public string Permission { get; } = permission;
}
