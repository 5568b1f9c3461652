using FsCheck;
using FsCheck.Fluent;
using Portico.Domain.Common;
using Portico.Domain.Currencies;

namespace Portico.Domain.UnitTests.Common;

public sealed class MoneyTests
{
    private static readonly Currency Euro = Currency.Of("EUR");

    private static readonly Currency[] ByDecimals =
        [.. new[] { "JPY", "EUR", "BHD", "CLF", "USDT", "BTC", "SOL", "ETH" }.Select(Currency.Of)];

    private static readonly Arbitrary<Money> Amounts = Arb.From(
        from currency in Gen.Elements(ByDecimals)
        from units in Units
        select Money.OfMinorUnits(units, currency));

    private static Gen<decimal> Units => Gen.OneOf(
        from small in Gen.Choose(-1000, 1000) select (decimal)small,
        from low in Gen.Choose(int.MinValue, int.MaxValue)
        from middle in Gen.Choose(int.MinValue, int.MaxValue)
        from high in Gen.Choose(int.MinValue, int.MaxValue)
        from negative in Gen.Elements(true, false)
        select new decimal(low, middle, high, negative, 0),
        Gen.Elements(0, decimal.MaxValue, decimal.MinValue, decimal.MaxValue - 1));

    [Fact]
    public void Minor_units_and_text_lose_nothing() => Prop.ForAll(Amounts, money =>
    {
        Assert.Equal(money, Money.OfMinorUnits(money.MinorUnits, money.Currency));
        Assert.Equal(money, Money.Of(money.Amount, money.Currency));
        var positive = money.IsNegative ? -money : money;
        Assert.Equal(positive, Money.Parse(positive.Text, money.Currency).Value);
        Assert.Equal(
            money.Currency.Decimals == 0 ? -1 : positive.Text.Length - money.Currency.Decimals - 1,
            positive.Text.IndexOf('.', StringComparison.Ordinal));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_sum_is_exact_or_refused() => Prop.ForAll(Amounts, Amounts, (left, right) =>
    {
        right = Money.OfMinorUnits(right.MinorUnits, left.Currency);
        var exact = (Int128)left.MinorUnits + (Int128)right.MinorUnits;
        Assert.Equal(Int128.Abs(exact) <= (Int128)decimal.MaxValue, Money.TryAdd(left, right, out var sum));
        if (Int128.Abs(exact) <= (Int128)decimal.MaxValue)
            Assert.Equal((exact, left.Currency), ((Int128)sum.MinorUnits, sum.Currency));
        else
            Assert.Throws<OverflowException>(() => left + right);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Parts_add_up_and_differ_by_one_unit_at_most() => Prop.ForAll(Amounts, Arb.From(Gen.Choose(1, 50)), (money, count) =>
    {
        var parts = money.Allocate(count);
        Assert.Equal(count, parts.Count);
        Assert.Equal((Int128)money.MinorUnits, parts.Aggregate(Int128.Zero, (sum, part) => sum + (Int128)part.MinorUnits));
        Assert.InRange(parts.Max(part => part.MinorUnits) - parts.Min(part => part.MinorUnits), 0, 1);
        Assert.Equal(parts.OrderByDescending(part => Math.Abs(part.MinorUnits)), parts);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Orders_and_equals_by_value() => Prop.ForAll(Amounts, Amounts, (left, right) =>
    {
        right = Money.OfMinorUnits(right.MinorUnits, left.Currency);
        Assert.Equal(left.MinorUnits.CompareTo(right.MinorUnits), left.CompareTo(right));
        Assert.Equal(left.MinorUnits == right.MinorUnits, left == right);
        Assert.Equal(left, -(-left));
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("+1")]
    [InlineData("-1")]
    [InlineData("1e2")]
    [InlineData("1,5")]
    [InlineData("1,000.00")]
    [InlineData(".5")]
    [InlineData("5.")]
    [InlineData("01")]
    [InlineData("1.2.3")]
    [InlineData("NaN")]
    [InlineData("٣")]
    [InlineData("0x1")]
    public void Reads_plain_digits_only(string text) => Assert.Equal(MoneyErrors.Malformed, Money.Parse(text, Euro).Error);

    [Theory]
    [InlineData("EUR", "1.234", "amount_precision")]
    [InlineData("EUR", "1.230", "amount_precision")]
    [InlineData("JPY", "1.0", "amount_precision")]
    [InlineData("ETH", "0.0000000000000000001", "amount_precision")]
    [InlineData("JPY", "79228162514264337593543950336", "validation_failed")]
    [InlineData("EUR", "792281625142643375935439503.36", "validation_failed")]
    [InlineData("ETH", "79228162514.264337593543950336", "validation_failed")]
    [InlineData("ETH", "99999999999999999999999999999999999999999999999999999999", "validation_failed")]
    public void Refuses_what_it_would_have_to_round(string currency, string text, string code) =>
        Assert.Equal(code, Money.Parse(text, Currency.Of(currency)).Error?.Code);

    [Theory]
    [InlineData("EUR", "0", "0.00")]
    [InlineData("EUR", "12.3", "12.30")]
    [InlineData("JPY", "12", "12")]
    [InlineData("ETH", "1", "1.000000000000000000")]
    [InlineData("JPY", "79228162514264337593543950335", "79228162514264337593543950335")]
    [InlineData("ETH", "79228162514.264337593543950335", "79228162514.264337593543950335")]
    public void Writes_exactly_the_decimals_of_its_currency(string currency, string text, string written) =>
        Assert.Equal(written, Money.Parse(text, Currency.Of(currency)).Value.Text);

    [Fact]
    public void Nothing_makes_an_amount_that_is_too_fine_or_too_large()
    {
        Assert.Throws<ArgumentException>(() => Money.Of(0.001m, Euro));
        Assert.Throws<ArgumentException>(() => Money.Of(decimal.MaxValue, Euro));
        Assert.Throws<ArgumentException>(() => Money.OfMinorUnits(0.5m, Euro));
        Assert.Throws<InvalidOperationException>(() => default(Money).Currency);
        Assert.Throws<InvalidOperationException>(() => Money.Zero(Euro) + Money.Zero(Currency.Of("USD")));
        Assert.Throws<InvalidOperationException>(() => Money.Zero(Euro) < Money.Zero(Currency.Of("USD")));
        Assert.Throws<ArgumentOutOfRangeException>(() => Money.Zero(Euro).Allocate(0));
        Assert.Equal("-0.01 EUR", (-Money.Of(0.01m, Euro)).ToString());
        Assert.Equal("0.00 EUR", (-Money.Zero(Euro)).ToString());
    }
}
