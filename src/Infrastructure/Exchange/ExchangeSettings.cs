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
    public TimeSpan QuoteLifetime { get; init; } = TimeSpan.FromSeconds(30);
    public int MaxOpenQuotes { get; init; } = 100;

    public IEnumerable<string> Problems()
    {
        if (Fee is < 0 or > ExchangeTerms.MaxFee || decimal.Round(Fee, ExchangeRate.MaxDecimals) != Fee)
        {
            yield return $"Exchange:Fee must be between 0 and {ExchangeTerms.MaxFee.ToString(CultureInfo.InvariantCulture)}, with at most "
                + $"{ExchangeRate.MaxDecimals} decimals; it is {Fee.ToString(CultureInfo.InvariantCulture)}.";
        }

        if (QuoteLifetime < TimeSpan.FromSeconds(1) || QuoteLifetime > TimeSpan.FromMinutes(10))
            yield return $"Exchange:QuoteLifetime must be between 1 second and 10 minutes; it is {QuoteLifetime}.";
        if (MaxOpenQuotes is < 1 or > 10_000)
            yield return $"Exchange:MaxOpenQuotes must be between 1 and 10000; it is {MaxOpenQuotes}.";
    }
}
