using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Portico.Application.Exchange;
using Portico.Domain.Exchange;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Exchange;

/// <summary>Settings of exchanges between currencies.</summary>
public sealed class ExchangeSettings : ISettings, IExchangeRules
{
    public static string Section => "Exchange";

    public decimal Fee { get; init; } = 0.002m;
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan QuoteLifetime { get; init; } = TimeSpan.FromSeconds(30);
    [Range(1, 10_000)]
    public int MaxOpenQuotes { get; init; } = 100;

    public IEnumerable<string> Problems()
    {
        if (Fee is < 0 or > ExchangeTerms.MaxFee || decimal.Round(Fee, ExchangeRate.MaxDecimals) != Fee)
        {
            yield return $"Exchange:Fee must be between 0 and {ExchangeTerms.MaxFee.ToString(CultureInfo.InvariantCulture)}, with at most "
                + $"{ExchangeRate.MaxDecimals} decimals; it is {Fee.ToString(CultureInfo.InvariantCulture)}.";
        }
    }
}
