using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Says who the caller is.</summary>
[Authenticated]
public sealed record GetSession : IQuery<BrowserSessionDto>;

/// <summary>Who is signed in, with which rights, and until when.</summary>
/// <remarks><c>expiresAt</c> is when the session ends if it is not used any more; each use moves it.</remarks>
/// <example>
/// {"userId":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","sessionId":"01a1fc80-7eb8-7b35-888f-84cfb7b2eb34","roles":["manager","user"],
/// "permissions":[],"expiresAt":"2026-12-05T10:00:00.123Z"}
/// </example>
public sealed record BrowserSessionDto
{
    public required Guid UserId { get; init; }
    public required Guid SessionId { get; init; }

    /// <summary>The highest role first, then the roles that it includes.</summary>
    public required IReadOnlyList<Role> Roles { get; init; }

    public required IReadOnlyList<string> Permissions { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The session of access token claims.</summary>
    public static BrowserSessionDto Of(AccessTokenClaims claims, DateTimeOffset expiresAt) => new()
    {
        UserId = claims.Subject,
        SessionId = claims.SessionId,
        Roles = claims.Roles,
        Permissions = claims.Permissions,
        ExpiresAt = expiresAt,
    };
}

internal sealed class GetSessionHandler(ICurrentUser user) : IQueryHandler<GetSession, BrowserSessionDto>
{
    public Task<Result<BrowserSessionDto>> Handle(GetSession query, CancellationToken cancellationToken) =>
        Task.FromResult<Result<BrowserSessionDto>>(BrowserSessionDto.Of(user.Claims!, user.SessionExpiresAt));
}
