using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Holds;

/// <summary>Gets a hold of which the caller is a party; managers get any hold.</summary>
[Authenticated(OrServiceAccount = true)]
public sealed record GetHold(Guid Id) : IQuery<HoldDto>;

internal sealed class GetHoldHandler(ILedgerRecords records, ICurrentUser caller) : IQueryHandler<GetHold, HoldDto>
{
    public async Task<Result<HoldDto>> Handle(GetHold query, CancellationToken cancellationToken)
    {
        var found = await records.FindHold(query.Id, cancellationToken);
        var isShown = found is not null
            && (found.SourceOwnerId == caller.Id || found.DestinationOwnerId == caller.Id || caller.Has(Permissions.MoneyRead));
        return isShown ? HoldDto.Of(found!.Hold) : LedgerErrors.HoldNotFound;
    }
}
