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
