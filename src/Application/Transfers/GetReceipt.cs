using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Transfers;

/// <summary>Gets the receipt of a transfer of which the caller is a party; managers get any receipt.</summary>
[Authenticated]
public sealed record GetReceipt(Guid Id) : IQuery<ReceiptDto>;

internal sealed class GetReceiptHandler(ILedgerRecords records, IHashChain chain, ICurrentUser caller)
    : IQueryHandler<GetReceipt, ReceiptDto>
{
    public async Task<Result<ReceiptDto>> Handle(GetReceipt query, CancellationToken cancellationToken)
    {
        if (!(await records.FindJournal(query.Id, cancellationToken)).IsShownTo(caller))
            return LedgerErrors.TransferNotFound;
        return await chain.FindReceipt(query.Id, cancellationToken) is { } receipt ? receipt : LedgerErrors.ReceiptPending;
    }
}
