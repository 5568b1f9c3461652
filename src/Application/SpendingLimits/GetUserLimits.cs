using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.SpendingLimits;

/// <summary>Gets the spending limits of a user; for this user and for users who may read all wallets.</summary>
[Authenticated]
public sealed record GetUserLimits(Guid Id) : IQuery<SpendingLimitsDto>;

internal sealed class GetUserLimitsHandler(ISpendingLimits limits, ICurrentUser caller) : IQueryHandler<GetUserLimits, SpendingLimitsDto>
{
    public async Task<Result<SpendingLimitsDto>> Handle(GetUserLimits query, CancellationToken cancellationToken) =>
        query.Id == caller.Id || caller.Has(Permissions.MoneyRead)
            ? SpendingLimitsDto.Of(await limits.Read(query.Id, cancellationToken))
            : UserErrors.NotFound;
}
