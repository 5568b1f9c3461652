using Portico.Domain.Currencies;

namespace Portico.Domain.Common;

/// <summary>An exact, signed amount of one currency.</summary>
/// <remarks>
/// Never rounds: an amount with more decimals than the currency is an error, and <see cref="Allocate"/> loses nothing.
/// The limit is ±(2⁹⁶ − 1) minor units, because a decimal holds so many exactly for every number of decimals.
/// Not a positional record, because a public constructor and <c>with</c> would bypass the checks.
/// </remarks>
public readonly record struct Money : IComparable<Money>
{
    // A longer text is not an amount, even if it begins with zeros.
    private const int MaxTextLength = 64;

    private static readonly UInt128 MaxUnits = new(uint.MaxValue, ulong.MaxValue);

    // The scale of the amount is always the currency's, so that the mantissa is the number of minor units.
    private Money(decimal amount, Currency currency) => (Amount, Currency) = (amount, currency);

    public decimal Amount { get; }

    public Currency Currency => field ?? throw new InvalidOperationException("default(Money) has no currency.");

    /// <summary>The amount as a whole number of minor units, as the database stores it.</summary>
    public decimal MinorUnits => WithScale(Amount, 0);

    /// <summary>The amount with exactly the currency's decimals, such as <c>12.30</c>.</summary>
    public string Text => Amount.ToString();

    public bool IsZero => Amount == 0;
    public bool IsPositive => Amount > 0;
    public bool IsNegative => Amount < 0;

    public static Money Zero(Currency currency) => new(WithScale(0, currency.Decimals), currency);

    /// <summary>The largest amount of a currency; the smallest is its negative.</summary>
    public static Money Max(Currency currency) => new(WithScale(decimal.MaxValue, currency.Decimals), currency);

    /// <exception cref="ArgumentException">The amount has more decimals than the currency, or is larger than the maximum.</exception>
    public static Money Of(decimal amount, Currency currency)
    {
        var rounded = decimal.Round(amount, currency.Decimals);
        if (rounded != amount)
            throw new ArgumentException($"{currency.Code} has {currency.Decimals} decimals.", nameof(amount));

        // Adding a zero with the currency's scale gives the sum that scale, if it fits.
        var scaled = rounded + WithScale(0, currency.Decimals);
        return scaled.Scale == currency.Decimals
            ? new(scaled, currency)
            : throw new ArgumentException($"{currency.Code} goes up to {Max(currency).Text}.", nameof(amount));
    }

    /// <exception cref="ArgumentException">The number of units is not a whole number.</exception>
    public static Money OfMinorUnits(decimal units, Currency currency) => decimal.Truncate(units) == units
        ? new(WithScale(decimal.Truncate(units), currency.Decimals), currency)
        : throw new ArgumentException("Minor units are whole numbers.", nameof(units));

    /// <summary>Reads digits with at most one point: no sign, exponent, space, group separator or leading zero.</summary>
    public static Result<Money> Parse(ReadOnlySpan<char> text, Currency currency)
    {
        if (text.Length > MaxTextLength || !IsPlain(text, out var point))
            return MoneyErrors.Malformed;

        var decimals = point < 0 ? 0 : text.Length - point - 1;
        if (decimals > currency.Decimals)
            return MoneyErrors.TooPrecise(currency);

        UInt128 units = 0;
        foreach (var character in text)
        {
            if (character == '.')
                continue;
            units = (units * 10) + (uint)(character - '0');
            if (units > MaxUnits)
                return MoneyErrors.TooLarge(currency);
        }

        for (; decimals < currency.Decimals; decimals++)
        {
            units *= 10;
            if (units > MaxUnits)
                return MoneyErrors.TooLarge(currency);
        }

        return new Money(
            new decimal((int)(uint)units, (int)(uint)(units >> 32), (int)(uint)(units >> 64), false, (byte)currency.Decimals), currency);
    }

    /// <exception cref="OverflowException">The sum is larger than the maximum.</exception>
    public static Money operator +(Money left, Money right) => TryAdd(left, right, out var sum)
        ? sum
        : throw new OverflowException($"{left.Currency.Code} goes up to {Max(left.Currency).Text}.");

    public static Money operator -(Money left, Money right) => left + -right;

    // Zero has no sign.
    public static Money operator -(Money money) => money.IsZero ? money : new(-money.Amount, money.Currency);

    public static bool operator <(Money left, Money right) => left.CompareTo(right) < 0;

    public static bool operator >(Money left, Money right) => left.CompareTo(right) > 0;

    public static bool operator <=(Money left, Money right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Money left, Money right) => left.CompareTo(right) >= 0;

    /// <summary>Adds two amounts; false when the sum is larger than the maximum.</summary>
    public static bool TryAdd(Money left, Money right, out Money sum)
    {
        var (amount, other, currency) = (left.Amount, right.In(left.Currency), left.Currency);
        // Beyond the maximum a decimal drops digits instead of failing.
        var isBeyond = amount > 0 == other > 0 && Math.Abs(amount) > Max(currency).Amount - Math.Abs(other);
        sum = isBeyond ? left : new(amount + other, currency);
        return !isBeyond;
    }

    public int CompareTo(Money other) => Amount.CompareTo(other.In(Currency));

    /// <summary>Splits into parts whose sum is this amount; the first parts get the remaining minor units.</summary>
    public IReadOnlyList<Money> Allocate(int parts)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parts, 1);
        var (each, odd) = Int128.DivRem((Int128)MinorUnits, parts);
        var currency = Currency;
        return
        [
            .. Enumerable.Range(0, parts)
                .Select(part => OfMinorUnits((decimal)(part < Int128.Abs(odd) ? each + Int128.Sign(odd) : each), currency)),
        ];
    }

    public override string ToString() => $"{Text} {Currency.Code}";

    private decimal In(Currency expected) => Currency == expected
        ? Amount : throw new InvalidOperationException($"Cannot mix {expected.Code} and {Currency.Code}.");

    private static bool IsPlain(ReadOnlySpan<char> text, out int point)
    {
        point = text.IndexOf('.');
        var whole = point < 0 ? text : text[..point];
        return !whole.IsEmpty && !whole.ContainsAnyExceptInRange('0', '9') && (whole.Length == 1 || whole[0] != '0')
            && (point < 0 || (point < text.Length - 1 && !text[(point + 1)..].ContainsAnyExceptInRange('0', '9')));
    }

    private static decimal WithScale(decimal value, int scale)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        return new decimal(bits[0], bits[1], bits[2], bits[3] < 0, (byte)scale);
    }
}

/// <summary>The errors of an amount in a request.</summary>
public static class MoneyErrors
{
    public static readonly Error Malformed = new(
        ErrorKind.Validation,
        "validation_failed",
        "Write the amount as text of digits, with a point if it has decimals, such as 12.34.");

    public static readonly Error UnknownCurrency =
        new(ErrorKind.Validation, "validation_failed", "This currency is not known. Give a code of ISO 4217, such as EUR.");

    public static Error TooPrecise(Currency currency) =>
        new(ErrorKind.Validation, "amount_precision", $"{currency?.Code} has {currency?.Decimals} decimals, and nothing is rounded.");

    public static Error TooLarge(Currency currency) => new(
        ErrorKind.Validation,
        "validation_failed",
        $"{currency?.Code} goes up to {(currency is null ? "" : Money.Max(currency).Text)}.");
}
