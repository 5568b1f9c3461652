using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Currencies;

namespace Portico.Application.Currencies;

/// <summary>Lists all supported currencies, by code.</summary>
/// <remarks>Not cached, because the list is already in memory.</remarks>
[Anonymous]
public sealed record ListCurrencies : IQuery<Page<CurrencyDto>>;

/// <summary>A currency and its number of decimals.</summary>
/// <example>{"code":"EUR","name":"Euro","decimals":2}</example>
public sealed record CurrencyDto(string Code, string Name, int Decimals);

internal sealed class ListCurrenciesHandler : IQueryHandler<ListCurrencies, Page<CurrencyDto>>
{
    private static readonly Result<Page<CurrencyDto>> All = new Page<CurrencyDto>(
        [.. Currency.All.Select(currency => new CurrencyDto(currency.Code, currency.Name, currency.Decimals))],
        NextCursor: null);

    public Task<Result<Page<CurrencyDto>>> Handle(ListCurrencies query, CancellationToken cancellationToken) => Task.FromResult(All);
}
