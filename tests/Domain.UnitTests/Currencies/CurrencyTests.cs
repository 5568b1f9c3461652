using Portico.Domain.Currencies;

namespace Portico.Domain.UnitTests.Currencies;

public sealed class CurrencyTests
{
    [Fact]
    public void Codes_are_unique_and_in_order() =>
        Assert.Equal(
            Currency.All.Select(currency => currency.Code).Distinct().Order(StringComparer.Ordinal),
            Currency.All.Select(currency => currency.Code));

    [Fact]
    public void Names_are_unique() =>
        Assert.Distinct(Currency.All.Select(currency => currency.Name));

    [Fact]
    public void Every_currency_is_well_formed() => Assert.All(Currency.All, currency =>
    {
        Assert.Matches("^[A-Z]{3,5}$", currency.Code);
        Assert.InRange(currency.Name.Length, 1, 100);
        Assert.InRange(currency.Decimals, 0, 18);
    });

    [Theory]
    [InlineData("EUR", 2)]
    [InlineData("USD", 2)]
    [InlineData("RUB", 2)]
    [InlineData("CHF", 2)]
    [InlineData("HUF", 2)]
    [InlineData("IDR", 2)]
    [InlineData("JPY", 0)]
    [InlineData("KRW", 0)]
    [InlineData("VND", 0)]
    [InlineData("CLP", 0)]
    [InlineData("BHD", 3)]
    [InlineData("KWD", 3)]
    [InlineData("TND", 3)]
    [InlineData("BTC", 8)]
    [InlineData("ETH", 18)]
    [InlineData("USDT", 6)]
    public void Counts_in_the_minor_units_of_iso_4217_or_of_its_chain(string code, int decimals) =>
        Assert.Equal(decimals, Assert.Single(Currency.All, currency => currency.Code == code).Decimals);
}
