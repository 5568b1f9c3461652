using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Exchange;

namespace Portico.Application.Exchange;

/// <summary>Lists the exchange rates, newest pair first; also those that are not valid any more.</summary>
[Authenticated]
public sealed record ListExchangeRates : PagedQuery<ExchangeRateDto>, ISorted
{
    /// <summary>createdAt; a minus before the name reverses the order.</summary>
    public string? Sort { get; init; }

    internal static readonly Sorts<ExchangeRate> Sorts = new Sorts<ExchangeRate>("-createdAt").By(rate => rate.CreatedAt);
}

internal sealed class ListExchangeRatesValidator() : SortedValidator<ListExchangeRates, ExchangeRate>(ListExchangeRates.Sorts);

internal sealed class ListExchangeRatesHandler(IAppDbContext db) : IQueryHandler<ListExchangeRates, Page<ExchangeRateDto>>
{
    public async Task<Result<Page<ExchangeRateDto>>> Handle(ListExchangeRates query, CancellationToken cancellationToken) =>
        await ListExchangeRates.Sorts.Read(db.Set<ExchangeRate>().AsNoTracking(), query, ExchangeRateDto.Of, cancellationToken);
}
