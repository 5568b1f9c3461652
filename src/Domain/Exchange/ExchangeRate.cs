using Portico.Domain.Common;
using Portico.Domain.Currencies;

namespace Portico.Domain.Exchange;

/// <summary>The price of one currency in another, with a spread, until a time.</summary>
/// <remarks>
/// Each pair of currencies has one rate for both directions. So a rate and its reverse never differ, and nobody profits from exchanging
/// back and forth. The middle price is <see cref="Rate"/>; who sells the base gets half the spread less, who buys it pays half more.
/// </remarks>
public sealed class ExchangeRate : AggregateRoot, IAuditable
{
    /// <summary>Rates and spreads have at most this many decimals.</summary>
    public const int MaxDecimals = 12;

    /// <summary>Above zero, and not larger than this.</summary>
    public const decimal MaxRate = 1_000_000_000_000m;

    /// <summary>A spread is from 0 to this, as a part of the rate.</summary>
    public const decimal MaxSpread = 0.5m;

    private ExchangeRate(Guid id, Currency @base, Currency quote)
        : base(id) => (Base, Quote) = (@base, quote);

    /// <summary>The currency whose price it is.</summary>
    public Currency Base { get; private init; }

    /// <summary>The currency of the price.</summary>
    public Currency Quote { get; private init; }

    /// <summary>How many units of <see cref="Quote"/> one unit of <see cref="Base"/> costs, in the middle.</summary>
    public decimal Rate { get; private set; }

    /// <summary>The difference between the prices of buying and selling, as a part of the rate.</summary>
    public decimal Spread { get; private set; }

    public DateTimeOffset ValidUntil { get; private set; }
    public DateTimeOffset CreatedAt { get; private set; }
    public Guid? CreatedBy { get; private set; }
    public DateTimeOffset? UpdatedAt { get; private set; }
    public Guid? UpdatedBy { get; private set; }

    public static ExchangeRate Create(Currency @base, Currency quote, DateTimeOffset now) => new(Ids.New(now), @base, quote);

    /// <summary>Sets the price and how long it is valid.</summary>
    /// <exception cref="ArgumentException">Rate or spread is outside its limits.</exception>
    public void Set(decimal rate, decimal spread, DateTimeOffset validUntil)
    {
        if (rate is <= 0 or > MaxRate || decimal.Round(rate, MaxDecimals) != rate)
            throw new ArgumentException($"A rate is above 0, at most {MaxRate}, and has at most {MaxDecimals} decimals.", nameof(rate));
        if (spread is < 0 or > MaxSpread || decimal.Round(spread, MaxDecimals) != spread)
        {
            throw new ArgumentException(
                $"A spread is from 0 to {MaxSpread}, and has at most {MaxDecimals} decimals.", nameof(spread));
        }

        (Rate, Spread, ValidUntil) = (rate, spread, validUntil);
    }

    public bool IsValid(DateTimeOffset now) => now < ValidUntil;

    /// <summary>The price for a customer who sells one of the two currencies for the other.</summary>
    public ExchangePrice PriceOf(Currency sold) => sold == Base
        ? ExchangePrice.Selling(Rate, Spread)
        : sold == Quote
            ? ExchangePrice.Buying(Rate, Spread)
            : throw new ArgumentException($"{sold.Code} is not in the pair {Base.Code}/{Quote.Code}.", nameof(sold));
}
