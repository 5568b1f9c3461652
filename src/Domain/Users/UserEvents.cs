using Portico.Domain.Common;

namespace Portico.Domain.Users;

/// <summary>A person registered, with a proved contact address or with a provider.</summary>
public sealed record UserRegistered(Guid UserId, string DisplayName, string Locale) : IDomainEvent
{
    public static string Name => "users.registered.v1";
}

/// <summary>A user changed the display name or the language.</summary>
public sealed record UserProfileChanged(Guid UserId, string DisplayName, string Locale) : IDomainEvent
{
    public static string Name => "users.profile-changed.v1";
}

/// <summary>A user changed the contact address of this kind.</summary>
public sealed record UserContactChanged(Guid UserId, ContactKind Kind) : IDomainEvent
{
    public static string Name => "users.contact-changed.v1";
}

/// <summary>The role of a user was changed.</summary>
public sealed record UserRoleChanged(Guid UserId, Role Role) : IDomainEvent
{
    public static string Name => "users.role-changed.v1";
}

/// <summary>The password of a user was changed.</summary>
public sealed record UserPasswordChanged(Guid UserId) : IDomainEvent
{
    public static string Name => "users.password-changed.v1";
}

/// <summary>An administrator blocked a user.</summary>
public sealed record UserBlocked(Guid UserId) : IDomainEvent
{
    public static string Name => "users.blocked.v1";
}

/// <summary>An administrator unblocked a user.</summary>
public sealed record UserUnblocked(Guid UserId) : IDomainEvent
{
    public static string Name => "users.unblocked.v1";
}

/// <summary>An administrator ended all sessions of a user.</summary>
public sealed record UserSessionsEnded(Guid UserId) : IDomainEvent
{
    public static string Name => "users.sessions-ended.v1";
}

/// <summary>A user was deleted, by themselves or by an administrator, and can be restored.</summary>
public sealed record UserDeleted(Guid UserId) : IDomainEvent
{
    public static string Name => "users.deleted.v1";
}

/// <summary>A deleted user was restored.</summary>
public sealed record UserRestored(Guid UserId) : IDomainEvent
{
    public static string Name => "users.restored.v1";
}

/// <summary>The contact address of a deleted user was freed for others.</summary>
public sealed record UserAddressFreed(Guid UserId) : IDomainEvent
{
    public static string Name => "users.address-freed.v1";
}

/// <summary>A user linked a login of a provider such as <c>google</c>, and can sign in with it.</summary>
public sealed record UserLoginLinked(Guid UserId, string Provider) : IDomainEvent
{
    public static string Name => "users.login-linked.v1";
}

/// <summary>A user unlinked the login of a provider.</summary>
public sealed record UserLoginUnlinked(Guid UserId, string Provider) : IDomainEvent
{
    public static string Name => "users.login-unlinked.v1";
}

/// <summary>A user linked a Telegram chat, which can get codes.</summary>
public sealed record UserTelegramLinked(Guid UserId) : IDomainEvent
{
    public static string Name => "users.telegram-linked.v1";
}

/// <summary>A user unlinked the Telegram chat.</summary>
public sealed record UserTelegramUnlinked(Guid UserId) : IDomainEvent
{
    public static string Name => "users.telegram-unlinked.v1";
}

/// <summary>A second factor or a passkey of a user was added, removed or used up.</summary>
public sealed record UserSecondFactorChanged(Guid UserId, SecondFactorChange Change) : IDomainEvent
{
    public static string Name => "users.second-factor-changed.v1";
}

/// <summary>A user signed in on a device, or from a network, that was not used before.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Device">The browser and operating system that the device reports, such as <c>Firefox, Linux</c>.</param>
/// <param name="IpAddress">The IP address, if it is known.</param>
public sealed record UserNewDeviceUsed(Guid UserId, string Device, string? IpAddress) : IDomainEvent
{
    public static string Name => "users.new-device-used.v1";
}
