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

/// <summary>Somebody signed in as a person on a device, or from a network, that the person had not used before.</summary>
/// <param name="UserId">Who.</param>
/// <param name="Device">The browser and system that the device says it has, such as <c>Firefox, Linux</c>.</param>
/// <param name="IpAddress">From where, if it is known.</param>
public sealed record UserSignedInOnNewDevice(Guid UserId, string Device, string? IpAddress) : IDomainEvent
{
    public static string Name => "users.signed-in-on-new-device.v1";
}
