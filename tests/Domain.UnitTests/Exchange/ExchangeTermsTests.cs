using System.Globalization;
using System.Numerics;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Exchange;
using Portico.Domain.Ledger;

namespace Portico.Domain.UnitTests.Exchange;

public sealed class ExchangeTermsTests
{
    // A million in ./dev test faults.
    private static readonly int Exchanges =
        Environment.GetEnvironmentVariable("PORTICO_FAULT_RUNS") is { Length: > 0 } ? 1_000_000 : 100_000;

    // 0, 2, 3, 8 and 18 decimals.
    private static readonly Currency[] Currencies =
        [.. ((string[])["JPY", "EUR", "USD", "KWD", "BTC", "ETH"]).Select(Currency.Of)];

    [Fact]
    [Trait("Category", "Faults")]
    public void Exchanges_back_and_forth_never_profit_the_customer_and_every_currency_adds_up_to_zero()
    {
        var random = new Random(20261127);
        var accounts = new Dictionary<(AccountKind, string), BigInteger>();
        var (done, refused) = (0, 0);
        while (done < Exchanges)
        {
            var (@base, quote) = (Pick(), Pick());
            if (@base == quote)
                continue;
            var rate = ExchangeRate.Create(@base, quote, DateTimeOffset.UnixEpoch);
            rate.Set(RandomRate(random), random.Next(3) == 0 ? 0 : random.Next(500_001) / 1_000_000m, DateTimeOffset.MaxValue);
            var fee = random.Next(3) == 0 ? 0 : random.Next(500_001) / 1_000_000m;
            var sold = random.Next(2) == 0 ? @base : quote;
            var bought = sold == @base ? quote : @base;

            var there = random.Next(2) == 0
                ? ExchangeTerms.Selling(RandomAmount(sold), bought, rate.PriceOf(sold), fee)
                : ExchangeTerms.Buying(RandomAmount(bought), sold, rate.PriceOf(sold), fee);
            if (there.Error is not null)
            {
                refused++;
                continue;
            }

            Book(there.Value);
            done++;
            // Back with all that was bought, or to exactly what was sold.
            var back = random.Next(2) == 0
                ? ExchangeTerms.Selling(there.Value.Buy, sold, rate.PriceOf(bought), fee)
                : ExchangeTerms.Buying(there.Value.Sell, bought, rate.PriceOf(bought), fee);
            if (back.Error is not null)
                continue;

            Book(back.Value);
            done++;
            var (gets, pays) = (back.Value.Buy.CompareTo(there.Value.Sell), back.Value.Sell.CompareTo(there.Value.Buy));
            if ((gets > 0 && pays <= 0) || (gets >= 0 && pays < 0))
                Assert.Fail($"{rate.Rate} {rate.Spread} {fee}: {there.Value} then {back.Value}");
        }

        Assert.All(
            accounts.GroupBy(account => account.Key.Item2, account => account.Value),
            currency => Assert.Equal(0, currency.Aggregate(BigInteger.Zero, (sum, units) => sum + units)));
        Assert.Contains(accounts, account => account.Key.Item1 == AccountKind.Rounding && account.Value > 0);
        Assert.InRange(refused, 1, Exchanges);

        Currency Pick() => Currencies[random.Next(Currencies.Length)];

        Money RandomAmount(Currency currency) => Money.OfMinorUnits(
            random.Next(4) == 0 ? random.Next(1, 20) : decimal.Truncate((decimal)Math.Exp(random.NextDouble() * 40) + 1), currency);

        void Book(ExchangeTerms terms)
        {
            Assert.True(
                terms.Sell.IsPositive && terms.Buy.IsPositive && !terms.Fee.IsNegative && terms.Fee < terms.Sell
                && !terms.Rounded.IsNegative);
            Move(AccountKind.Wallet, AccountKind.Liquidity, terms.Sell - terms.Fee);
            Move(AccountKind.Liquidity, AccountKind.Wallet, terms.Buy);
            Move(AccountKind.Wallet, AccountKind.Fees, terms.Fee);
            Move(AccountKind.Liquidity, AccountKind.Rounding, terms.Rounded);
        }

        void Move(AccountKind from, AccountKind to, Money amount)
        {
            var (code, units) = (amount.Currency.Code, (BigInteger)amount.MinorUnits);
            accounts[(from, code)] = accounts.GetValueOrDefault((from, code)) - units;
            accounts[(to, code)] = accounts.GetValueOrDefault((to, code)) + units;
        }
    }

    [Theory]
    [InlineData("EUR", "100.00", "USD", "1.09", "0.002", "108.78", "0.20", "0.002")]
    [InlineData("EUR", "0.01", "JPY", "163.5", "0", "1", "0.00", "0.635")]
    [InlineData("USD", "108.78", "EUR", "1.09", "0.002", "99.59", "0.22", "0.00633027522935")]
    public void Sells_an_amount_and_rounds_down_once(
        string sold, string amount, string bought, string rate, string fee, string expected, string expectedFee, string rounding)
    {
        var price = Rate("EUR", sold == "EUR" ? bought : sold, rate, "0").PriceOf(Currency.Of(sold));

        var terms = ExchangeTerms.Selling(Amount(amount, sold), Currency.Of(bought), price, Number(fee)).Value;

        Assert.Equal(
            (amount, expected, expectedFee, rounding, true),
            (terms.Sell.Text, terms.Buy.Text, terms.Fee.Text, terms.Rounding, terms.Rounded.IsZero));
    }

    [Fact]
    public void Buys_an_amount_for_the_least_that_brings_it_and_books_the_whole_units_that_are_left()
    {
        // One cent brings 1.635 yen, so one yen costs one cent, and no whole yen is left. 0.00000001 BTC costs a cent too, and whole
        // units are left.
        var yen = ExchangeTerms.Buying(
            Amount("1", "JPY"), Currency.Of("EUR"), Rate("EUR", "JPY", "163.5", "0").PriceOf(Currency.Of("EUR")), 0).Value;
        Assert.Equal(("0.01", "1", "0", "0.635"), (yen.Sell.Text, yen.Buy.Text, yen.Rounded.Text, yen.Rounding));

        var coin = ExchangeTerms.Buying(
            Amount("0.00000001", "BTC"), Currency.Of("EUR"), Rate("BTC", "EUR", "50000", "0").PriceOf(Currency.Of("EUR")), 0).Value;
        Assert.Equal(("0.01", "0.00000001", "0.00000019", "0.00000019"), (coin.Sell.Text, coin.Buy.Text, coin.Rounded.Text, coin.Rounding));
    }

    [Fact]
    public void Takes_half_the_spread_from_either_side()
    {
        var rate = Rate("EUR", "USD", "1.10", "0.02");
        Assert.Equal("1.089", rate.PriceOf(Currency.Of("EUR")).Text);
        // 1 / (1.10 × 1.01)
        Assert.Equal("0.900090009", rate.PriceOf(Currency.Of("USD")).Text[..11]);
        Assert.Throws<ArgumentException>(() => rate.PriceOf(Currency.Of("JPY")));
    }

    [Fact]
    public void Refuses_what_leaves_nothing_or_is_too_much()
    {
        var price = Rate("EUR", "JPY", "0.001", "0").PriceOf(Currency.Of("EUR"));
        Assert.Equal(ExchangeErrors.AmountTooSmall, ExchangeTerms.Selling(Amount("9.99", "EUR"), Currency.Of("JPY"), price, 0).Error);
        Assert.Equal(ExchangeErrors.AmountTooSmall, ExchangeTerms.Selling(Amount("0.01", "EUR"), Currency.Of("JPY"), price, 0.002m).Error);
        Assert.Equal(
            ExchangeErrors.AmountTooLarge, ExchangeTerms.Buying(Money.Max(Currency.Of("JPY")), Currency.Of("EUR"), price, 0).Error);
    }

    [Theory]
    [InlineData("0", "0")]
    [InlineData("1.0000000000001", "0")]
    [InlineData("1000000000001", "0")]
    [InlineData("1", "-0.1")]
    [InlineData("1", "0.51")]
    public void Takes_no_rate_outside_its_limits(string rate, string spread) =>
        Assert.Throws<ArgumentException>(() => Rate("EUR", "USD", rate, spread));

    private static decimal RandomRate(Random random) => random.Next(5) switch
    {
        0 => 1,
        1 => 0.000000000001m * random.Next(1, 1_000),
        2 => random.Next(1, 1_000_000_000) * 1_000m,
        _ => Math.Max(0.000000000001m, decimal.Round((decimal)Math.Exp((random.NextDouble() * 20) - 10), ExchangeRate.MaxDecimals)),
    };

    private static ExchangeRate Rate(string @base, string quote, string rate, string spread)
    {
        var made = ExchangeRate.Create(Currency.Of(@base), Currency.Of(quote), DateTimeOffset.UnixEpoch);
        made.Set(Number(rate), Number(spread), DateTimeOffset.MaxValue);
        return made;
    }

    private static decimal Number(string text) => decimal.Parse(text, CultureInfo.InvariantCulture);

    private static Money Amount(string amount, string currency) => Money.Parse(amount, Currency.Of(currency)).Value;
}
