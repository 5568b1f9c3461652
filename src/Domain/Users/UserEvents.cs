using Portico.Domain.Common;

namespace Portico.Domain.Users;

/// <summary>A person proved an address and signed up.</summary>
public sealed record UserRegistered(Guid UserId, string DisplayName, string Locale) : IDomainEvent
{
    public static string Name => "users.registered.v1";
}

/// <summary>A person changed their name or language.</summary>
public sealed record UserProfileChanged(Guid UserId, string DisplayName, string Locale) : IDomainEvent
{
    public static string Name => "users.profile-changed.v1";
}

/// <summary>A person is reached by another address of this kind.</summary>
public sealed record UserContactChanged(Guid UserId, ContactKind Kind) : IDomainEvent
{
    public static string Name => "users.contact-changed.v1";
}

/// <summary>A person was given another rank.</summary>
public sealed record UserRoleChanged(Guid UserId, Role Role) : IDomainEvent
{
    public static string Name => "users.role-changed.v1";
}

/// <summary>A person has another password.</summary>
public sealed record UserPasswordChanged(Guid UserId) : IDomainEvent
{
    public static string Name => "users.password-changed.v1";
}

/// <summary>An administrator keeps a person out.</summary>
public sealed record UserBlocked(Guid UserId) : IDomainEvent
{
    public static string Name => "users.blocked.v1";
}

/// <summary>An administrator let a person in again.</summary>
public sealed record UserUnblocked(Guid UserId) : IDomainEvent
{
    public static string Name => "users.unblocked.v1";
}

/// <summary>An administrator signed a person out everywhere.</summary>
public sealed record UserSessionsEnded(Guid UserId) : IDomainEvent
{
    public static string Name => "users.sessions-ended.v1";
}

/// <summary>A person left or was deleted; they may be restored.</summary>
public sealed record UserDeleted(Guid UserId) : IDomainEvent
{
    public static string Name => "users.deleted.v1";
}

/// <summary>A deleted person is back.</summary>
public sealed record UserRestored(Guid UserId) : IDomainEvent
{
    public static string Name => "users.restored.v1";
}

/// <summary>A deleted person's address was freed for others.</summary>
public sealed record UserAddressFreed(Guid UserId) : IDomainEvent
{
    public static string Name => "users.address-freed.v1";
}

/// <summary>Somebody signed in as a person on a device, or from a network, that the person had not used before.</summary>
/// <param name="UserId">Who.</param>
/// <param name="Device">The browser and system that the device says it has, such as <c>Firefox, Linux</c>.</param>
/// <param name="IpAddress">From where, if it is known.</param>
public sealed record UserNewDeviceUsed(Guid UserId, string Device, string? IpAddress) : IDomainEvent
{
    public static string Name => "users.new-device-used.v1";
}
