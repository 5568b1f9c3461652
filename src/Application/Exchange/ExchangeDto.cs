using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Exchange;

/// <summary>An exchange that was made; it is never changed.</summary>
/// <example>
/// {"id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","fromWalletId":"01a1fc7e-0001-7915-aa3f-8ae82c4c4ddd",
/// "toWalletId":"01a1fc7e-0002-7915-aa3f-8ae82c4c4ddd","sell":{"amount":"100.00","currency":"EUR"},
/// "buy":{"amount":"108.74","currency":"USD"},"fee":{"amount":"0.20","currency":"EUR"},"rate":"1.08956925",
/// "rounding":{"mode":"down","amount":"0.0003","currency":"USD"},"createdAt":"2026-11-21T10:00:05.123Z"}
/// </example>
public sealed record ExchangeDto
{
    /// <summary>The id of its quote.</summary>
    public required Guid Id { get; init; }

    public required Guid FromWalletId { get; init; }
    public required Guid ToWalletId { get; init; }

    /// <summary>What left the wallet, with the fee.</summary>
    public required Money Sell { get; init; }

    /// <summary>What came into the other wallet.</summary>
    public required Money Buy { get; init; }

    /// <summary>The part of sell that is the fee.</summary>
    public required Money Fee { get; init; }

    /// <summary>How many units of the bought currency one unit of the sold currency brought, after the fee was taken.</summary>
    public required string Rate { get; init; }

    public required RoundingDto Rounding { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    internal static ExchangeDto Of(ExecutedExchange exchange) => new()
    {
        Id = exchange.Id,
        FromWalletId = exchange.FromWalletId,
        ToWalletId = exchange.ToWalletId,
        Sell = exchange.Terms.Sell,
        Buy = exchange.Terms.Buy,
        Fee = exchange.Terms.Fee,
        Rate = exchange.Terms.Price,
        Rounding = RoundingDto.Of(exchange.Terms),
        CreatedAt = exchange.RecordedAt,
    };
}
