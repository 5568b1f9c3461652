using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Returns the claims of the caller's access token if the token is still valid.</summary>
[Authenticated(OrServiceAccount = true)]
public sealed record CheckToken : IQuery<TokenCheckDto>;

/// <summary>The claims of the caller's token; <c>exp</c> is in seconds since 1970 (RFC 7519).</summary>
/// <example>
/// {"sub":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","sid":"01a1fc80-7eb8-7b35-888f-84cfb7b2eb34","roles":["manager","user"],"permissions":[],
/// "exp":1795237941}
/// </example>
public sealed record TokenCheckDto
{
    public required Guid Sub { get; init; }

    /// <summary>The session; <c>null</c> for a service account.</summary>
    public required Guid? Sid { get; init; }

    public required IReadOnlyList<Role> Roles { get; init; }
    public required IReadOnlyList<string> Permissions { get; init; }
    public required long Exp { get; init; }
}

internal sealed class CheckTokenHandler(ICurrentUser user) : IQueryHandler<CheckToken, TokenCheckDto>
{
    public Task<Result<TokenCheckDto>> Handle(CheckToken query, CancellationToken cancellationToken)
    {
        var claims = user.Claims!;
        return Task.FromResult<Result<TokenCheckDto>>(new TokenCheckDto
        {
            Sub = claims.Subject,
            Sid = claims.IsServiceAccount ? null : claims.SessionId,
            Roles = claims.Roles,
            Permissions = claims.Permissions,
            Exp = claims.ExpiresAt.ToUnixTimeSeconds(),
        });
    }
}
