using System.Numerics;
using Portico.Domain.Common;
using Portico.Domain.Currencies;

namespace Portico.Domain.Exchange;

/// <summary>How many units of the bought currency one unit of the sold currency brings: an exact fraction, which nothing rounds.</summary>
public readonly record struct ExchangePrice
{
    internal const int DecimalsOfText = 12;

    private static readonly BigInteger[] Powers = [.. Enumerable.Range(0, 64).Select(exponent => BigInteger.Pow(10, exponent))];

    private ExchangePrice(BigInteger numerator, BigInteger denominator) => (Numerator, Denominator) = (numerator, denominator);

    public BigInteger Numerator { get; }
    public BigInteger Denominator { get; }

    /// <summary>The customer sells the base of a pair: half the spread below the rate.</summary>
    public static ExchangePrice Selling(decimal rate, decimal spread)
    {
        var ((rateUnits, rateScale), (spreadUnits, spreadScale)) = (Parts(rate), Parts(spread));
        return new(rateUnits * ((2 * spreadScale) - spreadUnits), rateScale * 2 * spreadScale);
    }

    /// <summary>The customer buys the base of a pair: half the spread above the rate; one unit of the quote brings the inverse.</summary>
    public static ExchangePrice Buying(decimal rate, decimal spread)
    {
        var ((rateUnits, rateScale), (spreadUnits, spreadScale)) = (Parts(rate), Parts(spread));
        return new(rateScale * 2 * spreadScale, rateUnits * ((2 * spreadScale) + spreadUnits));
    }

    /// <summary>The price with 12 decimals, rounded down; for people, because amounts are computed from the exact fraction.</summary>
    public string Text => ToText(Numerator, Denominator, DecimalsOfText);

    /// <summary>What an amount of the sold currency brings, in whole minor units rounded down, and the rest of the division.</summary>
    internal (BigInteger Units, BigInteger Remainder, BigInteger Denominator) Convert(Money sold, Currency bought)
    {
        var (numerator, denominator) = Scaled(sold.Currency, bought);
        var units = BigInteger.DivRem((BigInteger)sold.MinorUnits * numerator, denominator, out var rest);
        return (units, rest, denominator);
    }

    /// <summary>The smallest whole number of minor units that brings at least an amount of the bought currency.</summary>
    internal BigInteger NeededFor(Money bought, Currency sold)
    {
        var (numerator, denominator) = Scaled(sold, bought.Currency);
        var units = BigInteger.DivRem((BigInteger)bought.MinorUnits * denominator, numerator, out var rest);
        return rest.IsZero ? units : units + 1;
    }

    // From minor units of one currency to minor units of the other.
    private (BigInteger Numerator, BigInteger Denominator) Scaled(Currency sold, Currency bought) =>
        (Numerator * PowerOfTen(bought.Decimals), Denominator * PowerOfTen(sold.Decimals));

    private static (BigInteger Units, BigInteger Scale) Parts(decimal value) =>
        ((BigInteger)(value * (decimal)PowerOfTen(ExchangeRate.MaxDecimals)), PowerOfTen(ExchangeRate.MaxDecimals));

    /// <summary>10 to an exponent from 0 to 63.</summary>
    internal static BigInteger PowerOfTen(int exponent) => Powers[exponent];

    /// <summary>A fraction as text, rounded down to a number of decimals.</summary>
    internal static string ToText(BigInteger numerator, BigInteger denominator, int decimals)
    {
        var digits = (numerator * PowerOfTen(decimals) / denominator).ToString().PadLeft(decimals + 1, '0');
        return $"{digits[..^decimals]}.{digits[^decimals..]}".TrimEnd('0').TrimEnd('.');
    }
}
