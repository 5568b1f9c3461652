using System.Net;
using System.Text.Json;
using Portico.Testing;
using static Portico.IntegrationTests.Ledger.LedgerPeople;

namespace Portico.IntegrationTests.Ledger;

public sealed class ExchangeTests : PorticoTests
{
    private TestPerson _ada = null!;
    private TestPerson _manager = null!;
    private Guid _euros;
    private Guid _dollars;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        (_ada, _manager) = (await App.SignUpAsync(), await App.ManagerAsync());
        (_euros, _dollars) = (await _ada.OpenWalletWithAsync(App, _manager, "100.00"), await _ada.OpenWalletAsync("USD"));
        await _manager.SetRateAsync("EUR", "USD", "1.09").Json(HttpStatusCode.OK);
    }

    public override Task DisposeAsync() => LedgerChecker.CheckAsync(App.Database.Portico);

    [Fact]
    public async Task Sells_on_the_terms_of_the_quote_and_books_fee_and_liquidity()
    {
        var quote = await QuoteAsync(Money("100.00"));
        Assert.Equal(
            ("100.00", "108.78", "0.20", "1.09"),
            (Text(quote, "sell"), Text(quote, "buy"), Text(quote, "fee"), quote.Text("rate")));
        Assert.Equal("""{"mode":"down","amount":"0.002","currency":"USD"}""", quote.GetProperty("rounding").GetRawText());
        // A change of the rate does not change the quote.
        await _manager.SetRateAsync("EUR", "USD", "0.50").Json(HttpStatusCode.OK);

        var done = await AcceptAsync(quote).Json(HttpStatusCode.Created);

        Assert.Equal((quote.Text("id"), "108.78", "0.20"), (done.Text("id"), Text(done, "buy"), Text(done, "fee")));
        Assert.Equal((0m, 108.78m), ((await _ada.BalanceAsync(_euros)).Balance, (await _ada.BalanceAsync(_dollars)).Balance));
        Assert.Equal(done.ToString(), (await _ada.GetAsync($"/api/v1/exchanges/{done.Text("id")}").Json(HttpStatusCode.OK)).ToString());
        var entries = (await _ada.GetAsync($"/api/v1/wallets/{_euros}/entries").Json(HttpStatusCode.OK)).GetProperty("items");
        Assert.Equal(
            [("fee", "-0.20"), ("exchange", "-99.80"), ("deposit", "100.00")],
            entries.EnumerateArray().Select(entry => (entry.Text("kind"), Text(entry, "amount"))));
        var part = await _ada.GetAsync($"/api/v1/transfers/{entries[0].Text("transferId")}").Json(HttpStatusCode.OK);
        Assert.Equal(("fee", done.Text("id")), (part.Text("kind"), part.Text("exchangeId")));
        await _manager.PostAsync(App, $"transfers/{done.Text("id")}/reverse", new { })
            .Problem(HttpStatusCode.Conflict, "not_reversible");
    }

    [Fact]
    public async Task Buys_an_exact_amount()
    {
        var quote = await QuoteAsync(sell: null, buy: Money("50.00", "USD"));
        // 45.88 brings 50.0092, and the fee is what is missing to a whole of which it is 0.2 percent.
        Assert.Equal(("45.98", "50.00", "0.10"), (Text(quote, "sell"), Text(quote, "buy"), Text(quote, "fee")));
        await AcceptAsync(quote).Json(HttpStatusCode.Created);
        Assert.Equal((54.02m, 50m), ((await _ada.BalanceAsync(_euros)).Balance, (await _ada.BalanceAsync(_dollars)).Balance));
    }

    [Fact]
    public async Task A_hundred_acceptances_at_once_make_one_exchange()
    {
        var quote = await QuoteAsync(Money("1.00"));
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => AcceptAsync(quote)));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        foreach (var answer in answers.Where(answer => answer.StatusCode != HttpStatusCode.Created))
            await Task.FromResult(answer).Problem(HttpStatusCode.Conflict, "quote_used");
        Assert.Equal(99m, (await _ada.BalanceAsync(_euros)).Balance);
    }

    [Fact]
    public async Task The_same_key_gets_the_same_answer_also_when_the_quote_is_gone()
    {
        var quote = await QuoteAsync(Money("1.00"));
        var first = await AcceptAsync(quote, "exchange").Json(HttpStatusCode.Created);
        await App.Database.ExecuteAsOwnerAsync("DELETE FROM exchange_quotes WHERE id = $1", Guid.Parse(quote.Text("id")));
        using var answer = await AcceptAsync(quote, "exchange");
        Assert.Equal(["true"], answer.Headers.GetValues("Idempotency-Replayed"));
        Assert.Equal(first.ToString(), (await answer.Json(HttpStatusCode.Created)).ToString());
        await AcceptAsync(quote).Problem(HttpStatusCode.Conflict, "quote_used");
    }

    [Fact]
    public async Task The_same_key_gets_the_same_refusal_also_when_the_quote_is_gone()
    {
        var quote = await QuoteAsync(Money("1.00"));
        await App.Database.ExecuteAsOwnerAsync(
            "UPDATE exchange_quotes SET expires_at = now() WHERE id = $1", Guid.Parse(quote.Text("id")));
        await AcceptAsync(quote, "refused").Problem(HttpStatusCode.Conflict, "quote_expired");
        await App.Database.ExecuteAsOwnerAsync("DELETE FROM exchange_quotes WHERE id = $1", Guid.Parse(quote.Text("id")));

        using var again = await AcceptAsync(quote, "refused");
        await again.Problem(HttpStatusCode.Conflict, "quote_expired");
        Assert.True(again.Headers.Contains("Idempotency-Replayed"));
        await AcceptAsync(quote).Problem(HttpStatusCode.NotFound, "not_found");
        await _ada.PostAsync(App, "exchanges", new { quoteId = Guid.NewGuid() }, "refused")
            .Problem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
    }

    [Fact]
    public async Task A_quote_ends_with_its_time_and_needs_the_money()
    {
        var quote = await QuoteAsync(Money("1.00"));
        await App.Database.ExecuteAsOwnerAsync(
            "UPDATE exchange_quotes SET expires_at = now() WHERE id = $1", Guid.Parse(quote.Text("id")));
        await AcceptAsync(quote).Problem(HttpStatusCode.Conflict, "quote_expired");
        await AcceptAsync(await QuoteAsync(Money("100.01"))).Problem(HttpStatusCode.UnprocessableEntity, "insufficient_funds");
        Assert.Equal(100m, (await _ada.BalanceAsync(_euros)).Balance);
    }

    [Fact]
    public async Task Is_between_wallets_of_the_caller_in_two_currencies_with_a_rate()
    {
        var ben = await App.SignUpAsync();
        var (his, yen, more) = (await ben.OpenWalletAsync("USD"), await _ada.OpenWalletAsync("JPY"), await _ada.OpenWalletAsync());
        var quote = await QuoteAsync(Money("1.00"));

        await QuoteFromAsync(_euros, his, Money("1.00")).Problem(HttpStatusCode.NotFound, "not_found");
        await QuoteFromAsync(_euros, yen, Money("1.00")).Problem(HttpStatusCode.UnprocessableEntity, "no_exchange_rate");
        await QuoteFromAsync(_euros, more, Money("1.00")).Problem(HttpStatusCode.BadRequest, "same_currency");
        await QuoteFromAsync(_euros, _euros, Money("1.00")).Problem(HttpStatusCode.BadRequest, "same_wallet");
        await QuoteFromAsync(_euros, _dollars, Money("1.00", "USD")).Problem(HttpStatusCode.UnprocessableEntity, "currency_mismatch");
        await QuoteFromAsync(_euros, _dollars, Money("0.01")).Problem(HttpStatusCode.UnprocessableEntity, "amount_too_small");
        await QuoteFromAsync(_euros, _dollars, sell: null).Problem(HttpStatusCode.BadRequest, "validation_failed");
        await _ada.QuoteAsync(App, _euros, _dollars, Money("1.00"), Money("1.00", "USD"))
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
        await ben.PostAsync(App, "exchanges", new { quoteId = quote.Text("id") }).Problem(HttpStatusCode.NotFound, "not_found");
        await _manager.SetRateAsync("EUR", "JPY", "163.5").Json(HttpStatusCode.OK);
        await App.Database.ExecuteAsOwnerAsync("UPDATE exchange_rates SET valid_until = now() WHERE quote = 'JPY'");
        await QuoteFromAsync(_euros, yen, Money("1.00")).Problem(HttpStatusCode.UnprocessableEntity, "no_exchange_rate");
        await AcceptAsync(quote).Json(HttpStatusCode.Created);
        await ben.GetAsync($"/api/v1/exchanges/{quote.Text("id")}").Problem(HttpStatusCode.NotFound, "not_found");
        await _manager.GetAsync($"/api/v1/exchanges/{quote.Text("id")}").Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_pair_has_one_rate_for_both_directions_and_each_change_is_audited()
    {
        await _manager.SetRateAsync("USD", "EUR", "0.90").Problem(HttpStatusCode.Conflict, "reverse_rate_exists");
        await _manager.SetRateAsync("EUR", "XXX", "1").Problem(HttpStatusCode.NotFound, "not_found");
        await _manager.SetRateAsync("EUR", "EUR", "1").Problem(HttpStatusCode.BadRequest, "same_currency");
        foreach (var (rate, spread) in ((string, string)[])[("0", "0"), ("1e3", "0"), ("-1", "0"), ("1,5", "0"), ("1", "0.6"), ("1", "x")])
            await _manager.SetRateAsync("EUR", "USD", rate, spread).Problem(HttpStatusCode.BadRequest, "validation_failed");
        await _manager.SetRateAsync("EUR", "USD", "1", validUntil: DateTimeOffset.UtcNow.AddSeconds(-1))
            .Problem(HttpStatusCode.BadRequest, "validation_failed");

        var racers = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(n =>
                n % 2 == 0 ? _manager.SetRateAsync("GBP", "CHF", "1.13") : _manager.SetRateAsync("CHF", "GBP", "0.88")));
        Assert.All(racers, answer => Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.Conflict]));
        Assert.Equal("1", await App.Database.TextAsync("SELECT count(*) FROM exchange_rates WHERE 'GBP' IN (base, quote)"));

        var set = await _manager.SetRateAsync("EUR", "USD", "1.10", "0.02").Json(HttpStatusCode.OK);
        Assert.Equal(("1.1", "0.02"), (set.Text("rate"), set.Text("spread")));
        var sold = await QuoteAsync(Money("10.00"));
        Assert.Equal("1.089", sold.Text("rate"));
        var rates = await _ada.GetAsync("/api/v1/exchange-rates").Json(HttpStatusCode.OK);
        Assert.Contains(rates.GetProperty("items").EnumerateArray(), one => one.ToString() == set.ToString());
        Assert.Equal(
            "1.09 1.10 EUR/USD",
            await App.Database.TextAsync(
                """
                SELECT (before->>'rate')::numeric(10,2) || ' ' || (after->>'rate')::numeric(10,2) || ' ' || subject_id
                FROM audit_log WHERE action = 'exchange_rate.set' AND subject_id = 'EUR/USD' ORDER BY at DESC LIMIT 1
                """));
    }

    private Task<HttpResponseMessage> QuoteFromAsync(Guid from, Guid to, object? sell) => _ada.QuoteAsync(App, from, to, sell);

    private Task<JsonElement> QuoteAsync(object? sell, object? buy = null) =>
        _ada.QuoteAsync(App, _euros, _dollars, sell, buy).Json(HttpStatusCode.OK);

    private Task<HttpResponseMessage> AcceptAsync(JsonElement quote, string? key = null) =>
        _ada.PostAsync(App, "exchanges", new { quoteId = quote.Text("id") }, key);

    private static string Text(JsonElement element, string name) => element.GetProperty(name).Text("amount");
}
