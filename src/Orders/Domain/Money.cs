using System.Globalization;

namespace Portico.Orders.Domain;

/// <summary>A currency with its number of decimals.</summary>
internal readonly record struct Currency(string Code, int Decimals);

/// <summary>An exact amount in whole minor units of one currency; it is never negative and never rounded.</summary>
internal readonly record struct Money
{
    private Money(long units, Currency currency) => (Units, Currency) = (units, currency);

    public long Units { get; }

    public Currency Currency { get; }

    /// <summary>The amount with exactly the currency's decimals, such as <c>12.30</c>.</summary>
    public string Text => new decimal((int)Units, (int)(Units >> 32), 0, isNegative: false, (byte)Currency.Decimals)
        .ToString(CultureInfo.InvariantCulture);

    /// <exception cref="ArgumentOutOfRangeException">The number of units is negative.</exception>
    public static Money Of(long units, Currency currency)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        return new Money(units, currency);
    }

    /// <exception cref="InvalidOperationException">The amounts have two currencies.</exception>
    /// <exception cref="OverflowException">The sum is too large.</exception>
    public static Money operator +(Money left, Money right) => left.Currency == right.Currency
        ? new Money(checked(left.Units + right.Units), left.Currency)
        : throw new InvalidOperationException($"Cannot mix {left.Currency.Code} and {right.Currency.Code}.");

    /// <exception cref="OverflowException">The product is too large.</exception>
    public Money Times(int quantity) => Of(checked(Units * quantity), Currency);
}
