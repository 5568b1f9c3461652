using AutoMapper;
using Portico.Domain.Users;

namespace Portico.Application.Users;

/// <summary>A user's own profile.</summary>
/// <example>
/// {"id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","displayName":"Ada Lovelace","email":"ada@example.org",
/// "emailVerifiedAt":"2026-11-21T10:00:00.123Z","phone":null,"phoneVerifiedAt":null,"roles":["user"],"locale":"en",
/// "timeZone":"Europe/Berlin","codeChannel":"address","createdAt":"2026-11-21T10:00:00.123Z"}
/// </example>
public sealed record UserDto
{
    public Guid Id { get; init; }
    public string DisplayName { get; init; } = "";
    public string? Email { get; init; }
    public DateTimeOffset? EmailVerifiedAt { get; init; }
    public string? Phone { get; init; }
    public DateTimeOffset? PhoneVerifiedAt { get; init; }

    /// <summary>The highest role first, then the roles that it includes.</summary>
    public IReadOnlyList<Role> Roles { get; init; } = [];

    public string Locale { get; init; } = "";

    /// <summary>A name of the IANA time zone database; the days and months of spending limits begin in it.</summary>
    public string TimeZone { get; init; } = "";

    /// <summary>How codes to sign in and to set a new password reach the user.</summary>
    public CodeChannel CodeChannel { get; init; }

    public DateTimeOffset CreatedAt { get; init; }
}

internal sealed class UserProfile : Profile
{
    public UserProfile() => CreateMap<User, UserDto>().ForMember(dto => dto.Roles, map => map.MapFrom(user => user.Role.Implied()));
}
