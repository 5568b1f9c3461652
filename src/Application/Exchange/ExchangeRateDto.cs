using System.Globalization;
using Portico.Domain.Exchange;

namespace Portico.Application.Exchange;

/// <summary>The price of one currency in another; one rate is used for both directions.</summary>
/// <param name="Base">The currency whose price it is.</param>
/// <param name="Quote">The currency of the price.</param>
/// <param name="Rate">How many units of quote one unit of base costs, in the middle; a decimal as text.</param>
/// <param name="Spread">The difference between buying and selling as a part of the rate; who sells base gets half of it less.</param>
/// <param name="ValidUntil">Later no quote is made with it.</param>
/// <param name="ChangedAt">When a manager set it.</param>
/// <example>
/// {"base":"EUR","quote":"USD","rate":"1.0923","spread":"0.005","validUntil":"2026-11-22T10:00:00Z","changedAt":"2026-11-21T10:00:00.123Z"}
/// </example>
public sealed record ExchangeRateDto(
    string Base, string Quote, string Rate, string Spread, DateTimeOffset ValidUntil, DateTimeOffset ChangedAt)
{
    internal static ExchangeRateDto Of(ExchangeRate rate) => new(
        rate.Base.Code, rate.Quote.Code, Text(rate.Rate), Text(rate.Spread), rate.ValidUntil, rate.UpdatedAt ?? rate.CreatedAt);

    private static string Text(decimal value) => value.ToString("0.############", CultureInfo.InvariantCulture);
}
