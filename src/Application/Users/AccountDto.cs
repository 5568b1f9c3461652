using AutoMapper;
using Portico.Domain.Users;

namespace Portico.Application.Users;

/// <summary>The status of a user.</summary>
public enum AccountStatus
{
    Active = 1,
    Blocked = 2,
    Deleted = 3,
}

/// <summary>A user as administrators see it.</summary>
/// <example>
/// {"id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","displayName":"Ada Lovelace","email":"ada@example.org",
/// "emailVerifiedAt":"2026-11-21T10:00:00.123Z","phone":null,"phoneVerifiedAt":null,"roles":["user"],"locale":"en",
/// "createdAt":"2026-11-21T10:00:00.123Z","status":"active","deletedAt":null}
/// </example>
public sealed record AccountDto
{
    public Guid Id { get; init; }
    public string DisplayName { get; init; } = "";

    /// <summary>Null when there is none, or when it was freed after a deletion.</summary>
    public string? Email { get; init; }

    public DateTimeOffset? EmailVerifiedAt { get; init; }

    /// <summary>Null when there is none, or when it was freed after a deletion.</summary>
    public string? Phone { get; init; }

    public DateTimeOffset? PhoneVerifiedAt { get; init; }

    /// <summary>The highest role first, then the roles that it includes.</summary>
    public IReadOnlyList<Role> Roles { get; init; } = [];

    public string Locale { get; init; } = "";
    public DateTimeOffset CreatedAt { get; init; }
    public AccountStatus Status { get; init; }
    public DateTimeOffset? DeletedAt { get; init; }
}

internal sealed class AccountProfile : Profile
{
    public AccountProfile() => CreateMap<User, AccountDto>()
        .ForMember(dto => dto.Roles, map => map.MapFrom(user => user.Role.Implied()))
        .ForMember(dto => dto.Status, map => map.MapFrom(user => user.ToAccountStatus()));
}

internal static class UserStatusExtensions
{
    public static AccountStatus ToAccountStatus(this User user) =>
        user.DeletedAt is not null
            ? AccountStatus.Deleted
            : user.Status == UserStatus.Blocked ? AccountStatus.Blocked : AccountStatus.Active;
}
