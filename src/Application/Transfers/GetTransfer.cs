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
        var isShown = found is { Journal.Kind: not (JournalKind.Hold or JournalKind.Void or JournalKind.Expiry) }
            && found.Journal.Kind is not (JournalKind.Rounding or JournalKind.ProviderFee)
            && (found.SourceOwnerId == caller.Id || found.DestinationOwnerId == caller.Id || caller.Has(Permissions.MoneyRead));
        return isShown ? TransferDto.Of(found!.Journal) : LedgerErrors.TransferNotFound;
    }
}
