using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Exchange;

namespace Portico.Application.Exchange;

/// <summary>Gets an exchange of the caller; managers get any exchange.</summary>
[Authenticated]
public sealed record GetExchange(Guid Id) : IQuery<ExchangeDto>;

internal sealed class GetExchangeHandler(ILedgerRecords records, ICurrentUser caller) : IQueryHandler<GetExchange, ExchangeDto>
{
    public async Task<Result<ExchangeDto>> Handle(GetExchange query, CancellationToken cancellationToken) =>
        await records.FindExchange(query.Id, cancellationToken) is { } found
            && (found.OwnerId == caller.Id || caller.Has(Permissions.MoneyRead))
            ? ExchangeDto.Of(found)
            : ExchangeErrors.NotFound;
}
