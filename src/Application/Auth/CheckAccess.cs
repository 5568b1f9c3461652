using Portico.Application.Common;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Auth;

/// <summary>Checks the caller for another service, and a permission that the caller must have there.</summary>
[Authenticated(OrServiceAccount = true)]
public sealed record CheckAccess(string? Permission) : IQuery<AccessTokenClaims>;

internal sealed class CheckAccessHandler(ICurrentUser user) : IQueryHandler<CheckAccess, AccessTokenClaims>
{
    public Task<Result<AccessTokenClaims>> Handle(CheckAccess query, CancellationToken cancellationToken) =>
        Task.FromResult<Result<AccessTokenClaims>>(
            query.Permission is { } permission && !user.Has(permission) ? CommonErrors.Forbidden : user.Claims!);
}
