using System.Numerics;
using Portico.Domain.Common;
using Portico.Domain.Currencies;

namespace Portico.Domain.Exchange;

/// <summary>What an exchange costs and brings.</summary>
/// <remarks>
/// It is rounded once, and never in favour of the customer: the bought amount down, the sold amount and the fee up. Whole minor units that
/// are left go to the account of rounding. A part of a minor unit can't be booked: it stays in the account of liquidity.
/// </remarks>
public sealed record ExchangeTerms
{
    /// <summary>The name of the only rounding mode: what the customer gets is rounded down.</summary>
    public const string RoundingMode = "down";

    /// <summary>The largest fee, as a part of the sold amount.</summary>
    public const decimal MaxFee = 0.5m;

    private static readonly BigInteger MaxUnits = (BigInteger)decimal.MaxValue;

    /// <summary>What leaves the wallet of the customer, with the fee.</summary>
    public required Money Sell { get; init; }

    /// <summary>What comes into the other wallet.</summary>
    public required Money Buy { get; init; }

    /// <summary>The part of <see cref="Sell"/> that is the fee; it may be zero.</summary>
    public required Money Fee { get; init; }

    /// <summary>The whole minor units of the bought currency that were rounded away; mostly zero.</summary>
    public required Money Rounded { get; init; }

    /// <summary>All that was rounded away, in units of the bought currency, with 12 decimals more than it has.</summary>
    public required string Rounding { get; init; }

    /// <summary>How many units of the bought currency one unit of the sold currency brings, without the fee; for people.</summary>
    public required string Price { get; init; }

    /// <summary>The terms of selling an amount.</summary>
    /// <param name="sell">What leaves the wallet, with the fee.</param>
    /// <param name="bought">The other currency.</param>
    /// <param name="price">The price for the customer.</param>
    /// <param name="fee">The fee, as a part of the sold amount.</param>
    public static Result<ExchangeTerms> Selling(Money sell, Currency bought, ExchangePrice price, decimal fee)
    {
        var (part, scale) = Fraction(fee);
        var cost = DivideUp((BigInteger)sell.MinorUnits * part, scale);
        if (cost >= (BigInteger)sell.MinorUnits)
            return ExchangeErrors.AmountTooSmall;

        return Of(sell, buy: null, bought, Amount(cost, sell.Currency), price);
    }

    /// <summary>The terms of buying an amount: what has to be sold for it.</summary>
    /// <param name="buy">What comes into the wallet.</param>
    /// <param name="sold">The other currency.</param>
    /// <param name="price">The price for the customer.</param>
    /// <param name="fee">The fee, as a part of the sold amount.</param>
    public static Result<ExchangeTerms> Buying(Money buy, Currency sold, ExchangePrice price, decimal fee)
    {
        var net = price.NeededFor(buy, sold);
        // The fee is a part of the whole, so the net amount is what the fee leaves of it.
        var (part, scale) = Fraction(fee);
        var whole = DivideUp(net * scale, scale - part);
        return whole > MaxUnits
            ? ExchangeErrors.AmountTooLarge
            : Of(Amount(whole, sold), (BigInteger)buy.MinorUnits, buy.Currency, Amount(whole - net, sold), price);
    }

    /// <param name="sell">What leaves the wallet, with the fee.</param>
    /// <param name="buy">What comes into the other wallet, in minor units; <c>null</c> for all that the price brings.</param>
    /// <param name="bought">The other currency.</param>
    /// <param name="fee">The part of <paramref name="sell"/> that is the fee.</param>
    /// <param name="price">The price for the customer.</param>
    private static Result<ExchangeTerms> Of(Money sell, BigInteger? buy, Currency bought, Money fee, ExchangePrice price)
    {
        var (units, remainder, denominator) = price.Convert(sell - fee, bought);
        if (units > MaxUnits)
            return ExchangeErrors.AmountTooLarge;
        if (units.IsZero)
            return ExchangeErrors.AmountTooSmall;

        var received = buy ?? units;
        var left = units - received;
        return new ExchangeTerms
        {
            Sell = sell,
            Buy = Amount(received, bought),
            Fee = fee,
            Rounded = Amount(left, bought),
            Rounding = ExchangePrice.ToText(
                (left * denominator) + remainder,
                denominator * ExchangePrice.PowerOfTen(bought.Decimals),
                bought.Decimals + ExchangePrice.DecimalsOfText),
            Price = price.Text,
        };
    }

    private static Money Amount(BigInteger units, Currency currency) => Money.OfMinorUnits((decimal)units, currency);

    private static (BigInteger Units, BigInteger Scale) Fraction(decimal part)
    {
        var scale = ExchangePrice.PowerOfTen(ExchangeRate.MaxDecimals);
        return ((BigInteger)(part * (decimal)scale), scale);
    }

    private static BigInteger DivideUp(BigInteger value, BigInteger by)
    {
        var whole = BigInteger.DivRem(value, by, out var rest);
        return rest.IsZero ? whole : whole + 1;
    }
}

/// <summary>The errors of exchanges.</summary>
public static class ExchangeErrors
{
    public static readonly Error QuoteNotFound = new(ErrorKind.NotFound, "not_found", "There is no such quote. It may have expired.");

    public static readonly Error NotFound = new(ErrorKind.NotFound, "not_found", "There is no such exchange.");

    public static readonly Error TooManyQuotes =
        new(ErrorKind.TooManyRequests, "too_many_quotes", "You have as many open quotes as are allowed. Wait until one expires.");

    public static readonly Error NoRate =
        new(ErrorKind.Unprocessable, "no_exchange_rate", "There is no valid exchange rate for these two currencies now.");

    public static readonly Error ReverseRate = new(
        ErrorKind.Conflict,
        "reverse_rate_exists",
        "This pair has its rate in the other direction, which is used for both. Change that one.");

    public static readonly Error SameCurrency = new(
        ErrorKind.Validation, "same_currency", "Both are the same currency. An exchange is between two different currencies.");

    public static readonly Error AmountTooLarge =
        new(ErrorKind.Unprocessable, "amount_too_large", "The amount is larger than one movement may be. Exchange it in parts.");

    public static readonly Error AmountTooSmall =
        new(ErrorKind.Unprocessable, "amount_too_small", "The amount is too small: nothing would be left of it after the exchange.");
}
