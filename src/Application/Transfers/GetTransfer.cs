using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Transfers;

/// <summary>Gets a transfer of which the caller is a party; managers get any transfer.</summary>
[Authenticated(OrServiceAccount = true)]
public sealed record GetTransfer(Guid Id) : IQuery<TransferDto>;

internal sealed class GetTransferHandler(ILedgerRecords records, ICurrentUser caller) : IQueryHandler<GetTransfer, TransferDto>
{
    public async Task<Result<TransferDto>> Handle(GetTransfer query, CancellationToken cancellationToken)
    {
        var found = await records.FindJournal(query.Id, cancellationToken);
        return found.IsShownTo(caller) ? TransferDto.Of(found.Journal) : LedgerErrors.TransferNotFound;
    }
}
