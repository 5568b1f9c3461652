using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Portico.Domain.Payments;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;
using Portico.Testing.Providers;

namespace Portico.IntegrationTests.Payments;

/// <summary>Payments and what providers tell about them, on servers that speak the API of each provider.</summary>
[Collection(PaymentWorld.Tests.Name)]
public sealed class PaymentTests(PaymentWorld world)
{
    private PorticoApp App => world.App;

    [Theory]
    [InlineData("stripe")]
    [InlineData("yookassa")]
    public async Task A_payment_is_credited_once_less_nothing_and_its_fee_is_booked(string provider)
    {
        var begun = await world.BeginAsync(provider);
        Assert.Equal("pending", begun.Answer.Text("status"));
        if (provider == "stripe")
            Assert.Equal($"{begun.Remote.Id}_secret_x", begun.Answer.Text("clientSecret"));
        else
            Assert.StartsWith("https://yoomoney.ru/", begun.Answer.Text("redirectUrl"), StringComparison.Ordinal);
        Assert.Equal(10_000, begun.Remote.Amount);
        Assert.Equal(0, await begun.BalanceAsync());

        begun.Server.Pay(begun.Remote);
        using (var told = await begun.NotifyAsync(times: 5))
            Assert.Equal(HttpStatusCode.OK, told.StatusCode);
        var ended = await begun.UntilAsync(payment => payment.Text("status") == "succeeded", "the payment is credited");
        Assert.Equal("100.00", ended.GetProperty("captured").Text("amount"));
        Assert.Equal(JsonValueKind.Null, ended.GetProperty("clientSecret").ValueKind);
        using (await begun.NotifyAsync(times: 5))
            Assert.Equal(100, await begun.BalanceAsync());

        await Eventually.Holds(
            async () => (await world.App.Database.RowsAsync("SELECT fee::bigint FROM payments WHERE id = $1 AND fee IS NOT NULL",
                row => row.GetInt64(0), begun.Id)).SequenceEqual([320L]),
            "the fee is booked");
        Assert.Equal(
            [320L],
            await world.App.Database.RowsAsync(
                "SELECT amount::bigint FROM ledger.journals WHERE id = $1", row => row.GetInt64(0), PaymentIds.FeeOf(begun.Id)));
        await Eventually.Holds(
            async () => (await world.App.Database.RowsAsync(
                "SELECT type FROM outbox WHERE aggregate_id = $1", row => row.GetString(0), begun.Id))
                .SequenceEqual(["payments.succeeded.v1"]),
            "the event is told once");
        var listed = await begun.Person.GetAsync("/api/v1/payments").Json(HttpStatusCode.OK);
        Assert.Equal($"{begun.Id}", Assert.Single(listed.GetProperty("items").EnumerateArray()).Text("id"));
        await PaymentChecker.CheckAsync(App.Database.Portico);
    }

    [Theory]
    [InlineData("stripe")]
    [InlineData("yookassa")]
    public async Task A_payment_whose_notification_is_lost_is_found_by_looking(string provider)
    {
        var begun = await world.BeginAsync(provider, "12.34");
        begun.Server.Pay(begun.Remote);
        await begun.UntilAsync(payment => payment.Text("status") == "succeeded", "the payment is credited");
        Assert.Equal(12.34m, await begun.BalanceAsync());
    }

    [Theory]
    [InlineData("stripe")]
    [InlineData("yookassa")]
    public async Task A_notification_may_come_before_the_id_of_the_payment_is_known(string provider)
    {
        var server = world.ServerOf(provider);
        var person = await App.SignUpAsync();
        var wallet = await person.OpenWalletAsync(PaymentWorld.CurrencyOf(provider));
        server.OnCreated = async made =>
        {
            if (made.Amount != 777)
                return;
            server.Pay(made);
            using var told = await server.NotifyAsync(
                App.Client, provider == "stripe" ? "payment_intent.succeeded" : "payment.succeeded", made);
            Assert.Equal(HttpStatusCode.OK, told.StatusCode);
        };
        var payment = await person.PostAsync(App, "payments", PaymentWorld.Request(wallet, "7.77", provider)).Json(HttpStatusCode.Created);
        server.OnCreated = _ => Task.CompletedTask;
        await Eventually.Holds(async () => (await person.BalanceAsync(wallet)).Balance == 7.77m, "the payment is credited");
        await Eventually.Holds(
            async () => (await world.App.Database.RowsAsync(
                "SELECT handled_at IS NOT NULL FROM payment_webhooks WHERE provider_payment_id = $1", row => row.GetBoolean(0),
                server.Of(Guid.Parse(payment.Text("id"))).Id)).SequenceEqual([true]),
            "the notification is handled");
    }

    [Fact]
    public async Task Only_events_that_Stripe_signed_lately_are_taken()
    {
        var begun = await world.BeginAsync("stripe");
        world.Stripe.Pay(begun.Remote);
        var body = await world.Stripe.Notification("payment_intent.succeeded", begun.Remote)().Content!.ReadAsStringAsync();
        HttpRequestMessage[] wrong =
        [
            FakeStripe.Sign(body, "whsec_another", DateTimeOffset.UtcNow),
            FakeStripe.Sign(body, FakeStripe.WebhookSecret, DateTimeOffset.UtcNow.AddMinutes(-10)),
            new(HttpMethod.Post, "/api/v1/webhooks/stripe") { Content = new StringContent(body) },
            FakeStripe.Sign("{", FakeStripe.WebhookSecret, DateTimeOffset.UtcNow),
        ];
        foreach (var request in wrong)
            await App.Client.SendAsync(request).Problem(HttpStatusCode.BadRequest, "invalid_webhook");
        Assert.Equal(
            [0L],
            await world.App.Database.RowsAsync(
                "SELECT count(*) FROM payment_webhooks WHERE provider_payment_id = $1", row => row.GetInt64(0), begun.Remote.Id));
        using var large = await App.Client.PostAsync(
            new Uri("/api/v1/webhooks/stripe", UriKind.Relative), new ByteArrayContent(new byte[300_000]));
        await large.Problem(HttpStatusCode.RequestEntityTooLarge, "body_too_large");
    }

    [Theory]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("t")]
    [InlineData("v1=00")]
    [InlineData("t=1764330000")]
    [InlineData("t=x,v1=00")]
    [InlineData("t=99999999999999999999,v1=00")]
    public async Task A_signature_that_is_none_is_refused(string signature)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/webhooks/stripe") { Content = new StringContent("{}") };
        request.Headers.TryAddWithoutValidation("Stripe-Signature", signature);
        await App.Client.SendAsync(request).Problem(HttpStatusCode.BadRequest, "invalid_webhook");
    }

    [Theory]
    [InlineData("payment.succeeded\\u0000")]
    [InlineData("payment.succeeded\\n")]
    [InlineData("payment.\\ud83d")]
    [InlineData("\\u202e")]
    public async Task A_notification_whose_name_no_provider_has_is_refused(string kind)
    {
        var body = $$$"""{"type":"notification","event":"{{{kind}}}","object":{"id":"x"}}""";
        await App.Client.PostAsync(new Uri("/api/v1/webhooks/yookassa", UriKind.Relative), new StringContent(body))
            .Problem(HttpStatusCode.BadRequest, "invalid_webhook");
    }

    [Fact]
    public async Task A_notification_of_YooKassa_is_believed_by_nobody_until_YooKassa_confirms_it()
    {
        var begun = await world.BeginAsync("yookassa");
        using (await begun.NotifyAsync())
        {
            await Eventually.Holds(
                async () => (await world.App.Database.RowsAsync(
                    "SELECT count(*) FROM payment_webhooks WHERE provider_payment_id = $1 AND handled_at IS NOT NULL",
                    row => row.GetInt64(0), begun.Remote.Id)).SequenceEqual([1L]),
                "the notification is handled");
        }

        Assert.Equal("pending", (await begun.ReadAsync()).Text("status"));

        // The same words are true later, and are looked at again.
        begun.Server.Pay(begun.Remote);
        using (await begun.NotifyAsync())
            await begun.UntilAsync(payment => payment.Text("status") == "succeeded", "the payment is credited");
        Assert.Equal(100, await begun.BalanceAsync());
        await App.Client.PostAsync(new Uri("/api/v1/webhooks/yookassa", UriKind.Relative), new StringContent("""{"event":1}"""))
            .Problem(HttpStatusCode.BadRequest, "invalid_webhook");
    }

    [Fact]
    public async Task A_notification_is_answered_while_the_provider_hangs()
    {
        var begun = await world.BeginAsync("yookassa");
        begun.Server.Pay(begun.Remote);
        world.Yookassa.Fault = request =>
            request.Contains(begun.Remote.Id, StringComparison.Ordinal) ? PaymentFault.Silent : PaymentFault.None;
        try
        {
            using var first = await begun.NotifyAsync();
            // Ten answers in half of the time that the provider may take for one.
            await TimeLimit.Holds(
                TimeSpan.FromSeconds(2),
                async () =>
                {
                    var clock = Stopwatch.StartNew();
                    using var told = await begun.NotifyAsync(times: 10);
                    Assert.Equal(HttpStatusCode.OK, told.StatusCode);
                    return clock.Elapsed;
                });
        }
        finally
        {
            world.Yookassa.Fault = _ => PaymentFault.None;
        }

        await begun.UntilAsync(payment => payment.Text("status") == "succeeded", "the payment is credited");
        Assert.Equal(100, await begun.BalanceAsync());
    }

    [Theory]
    [InlineData("stripe", PaymentFault.Broken)]
    [InlineData("stripe", PaymentFault.CutAfter)]
    [InlineData("yookassa", PaymentFault.BrokenAfter)]
    [InlineData("yookassa", PaymentFault.Silent)]
    public async Task A_request_without_an_answer_of_the_provider_begins_one_payment_when_it_is_sent_again(
        string provider, PaymentFault fault)
    {
        var server = world.ServerOf(provider);
        var person = await App.SignUpAsync();
        var wallet = await person.OpenWalletAsync(PaymentWorld.CurrencyOf(provider));
        var key = $"{Guid.NewGuid()}";
        var body = PaymentWorld.Request(wallet, "5.00", provider);
        server.Fault = request => request is "POST /v1/payment_intents" or "POST /v3/payments" ? fault : PaymentFault.None;
        try
        {
            await person.PostAsync(App, "payments", body, key).Problem(HttpStatusCode.ServiceUnavailable, "dependency_unavailable");
        }
        finally
        {
            server.Fault = _ => PaymentFault.None;
        }

        JsonElement payment = default;
        await Eventually.Holds(
            async () =>
            {
                using var answer = await person.PostAsync(App, "payments", body, key);
                if (answer.StatusCode != HttpStatusCode.Created)
                    return false;
                payment = await answer.Json(HttpStatusCode.Created);
                return true;
            },
            "the request is answered");
        var again = await person.PostAsync(App, "payments", body, key).Json(HttpStatusCode.Created);
        Assert.Equal(payment.GetRawText(), again.GetRawText());
        Assert.Equal($"{payment.Text("id")}", server.Of(Guid.Parse(payment.Text("id"))).PorticoId);
        Assert.Single((await person.GetAsync("/api/v1/payments").Json(HttpStatusCode.OK)).GetProperty("items").EnumerateArray());
    }

    [Theory]
    [InlineData("stripe")]
    [InlineData("yookassa")]
    public async Task A_payment_that_the_provider_refused_after_the_request_ended_is_told_to_its_repetition(string provider)
    {
        var server = world.ServerOf(provider);
        var person = await App.SignUpAsync();
        var wallet = await person.OpenWalletAsync(PaymentWorld.CurrencyOf(provider));
        var key = $"{Guid.NewGuid()}";
        var body = PaymentWorld.Request(wallet, "5.00", provider);
        var fault = PaymentFault.Silent;
        server.Fault = request => request is "POST /v1/payment_intents" or "POST /v3/payments" ? fault : PaymentFault.None;
        try
        {
            await person.PostAsync(App, "payments", body, key).Problem(HttpStatusCode.ServiceUnavailable, "dependency_unavailable");
            fault = PaymentFault.Refused;
            await Eventually.Holds(
                async () => await App.Database.ScalarAsync<long>(
                    """
                    SELECT count(*) FROM payments p LEFT JOIN payment_work w ON w.payment_id = p.id
                    WHERE p.owner_id = $1 AND p.status = 'canceled' AND w.payment_id IS NULL
                    """,
                    person.Id) == 1,
                "the worker has nothing left to do for the payment");
        }
        finally
        {
            server.Fault = _ => PaymentFault.None;
        }

        await person.PostAsync(App, "payments", body, key).Problem(HttpStatusCode.UnprocessableEntity, "payment_refused");
        await person.PostAsync(App, "payments", body, key).Problem(HttpStatusCode.UnprocessableEntity, "payment_refused");
        Assert.Single((await person.GetAsync("/api/v1/payments").Json(HttpStatusCode.OK)).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task A_hundred_duplicates_begin_one_payment_and_get_one_answer()
    {
        var person = await App.SignUpAsync();
        var wallet = await person.OpenWalletAsync();
        var key = $"{Guid.NewGuid()}";
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(
            _ => person.PostAsync(App, "payments", PaymentWorld.Request(wallet, "5.00", "stripe"), key).Json(HttpStatusCode.Created)));
        Assert.Single(answers.Select(answer => answer.GetRawText()).Distinct(StringComparer.Ordinal));
        Assert.Single((await person.GetAsync("/api/v1/payments").Json(HttpStatusCode.OK)).GetProperty("items").EnumerateArray());
        await person.PostAsync(App, "payments", PaymentWorld.Request(wallet, "6.00", "stripe"), key)
            .Problem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
    }

    [Fact]
    public async Task Payments_in_progress_of_a_person_are_no_more_than_allowed()
    {
        const int Allowed = 20;
        var person = await App.SignUpAsync();
        var wallet = await person.OpenWalletAsync();

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 3 * Allowed)
                .Select(_ => person.PostAsync(App, "payments", PaymentWorld.Request(wallet, "5.00", "stripe"))));

        Assert.Equal(Allowed, answers.Count(answer => answer.StatusCode == HttpStatusCode.Created));
        foreach (var answer in answers.Where(answer => answer.StatusCode != HttpStatusCode.Created))
            await answer.Problem(HttpStatusCode.Conflict, "too_many_payments");
    }

    [Fact]
    public async Task Refuses_what_can_not_be_paid()
    {
        var person = await App.SignUpAsync();
        var wallet = await person.OpenWalletAsync();
        var other = await (await App.SignUpAsync()).OpenWalletAsync();
        await person.PostAsync(App, "payments", PaymentWorld.Request(other, "5.00", "stripe"))
            .Problem(HttpStatusCode.NotFound, "not_found");
        await person.PostAsync(App, "payments", PaymentWorld.Request(wallet, "5.00", "yookassa"))
            .Problem(HttpStatusCode.UnprocessableEntity, "currency_mismatch");
        await person.PostAsync(App, "payments", PaymentWorld.Request(await person.OpenWalletAsync("RUB"), "0.00", "yookassa"))
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
        foreach (var returnUrl in (string[])["https://evil.example/", "https://xn--\u00FC.example/"])
        {
            await person.PostAsync(
                    App, "payments", new { walletId = wallet, amount = LedgerPeople.Money("5.00"), provider = "stripe", returnUrl })
                .Problem(HttpStatusCode.BadRequest, "validation_failed");
        }

        var rubles = await person.OpenWalletAsync("RUB");
        await person.PostAsync(
                App, "payments",
                new
                {
                    walletId = rubles,
                    amount = LedgerPeople.Money("5.00", "RUB"),
                    provider = "stripe",
                    returnUrl = PaymentWorld.ReturnUrl,
                })
            .Problem(HttpStatusCode.UnprocessableEntity, "currency_not_taken");

        var elsewhere = await PorticoApp.SharedAsync();
        var stranger = await elsewhere.SignUpAsync();
        await stranger.PostAsync(elsewhere, "payments", PaymentWorld.Request(await stranger.OpenWalletAsync(), "5.00", "stripe"))
            .Problem(HttpStatusCode.BadRequest, "provider_off");
    }

    [Fact]
    public async Task A_payment_that_the_provider_cancels_credits_nothing()
    {
        var begun = await world.BeginAsync("yookassa");
        begun.Server.Cancel(begun.Remote);
        using var told = await world.Yookassa.NotifyAsync(App.Client, "payment.canceled", begun.Remote);
        var ended = await begun.UntilAsync(payment => payment.Text("status") == "canceled", "the payment is canceled");
        Assert.Equal("canceled", ended.Text("failure"));
        Assert.Equal(0, await begun.BalanceAsync());
        await begun.RefundAsync().Problem(HttpStatusCode.Conflict, "payment_not_paid");
    }

    [Fact]
    public async Task A_payment_that_Stripe_is_working_on_is_looked_at_until_it_is_received()
    {
        var begun = await world.BeginAsync("stripe");
        world.Stripe.Begin(begun.Remote);
        await App.Database.ExecuteAsOwnerAsync("UPDATE payments SET created_at = created_at - interval '4 days' WHERE id = $1", begun.Id);
        await App.Database.ExecuteAsOwnerAsync("UPDATE payment_work SET due_at = now(), wakes = wakes + 1 WHERE payment_id = $1", begun.Id);
        var path = $"POST /v1/payment_intents/{begun.Remote.Id}/cancel";
        await Eventually.Holds(() => Task.FromResult(world.Stripe.Requests.Contains(path)), "Portico tries to cancel the payment");
        world.Stripe.Pay(begun.Remote);
        await App.Database.ExecuteAsOwnerAsync("UPDATE payment_work SET due_at = now(), wakes = wakes + 1 WHERE payment_id = $1", begun.Id);
        await begun.UntilAsync(payment => payment.Text("status") == "succeeded", "the payment is credited without a notification");
        Assert.Equal(100, await begun.BalanceAsync());
    }

    [Theory]
    [InlineData("stripe")]
    [InlineData("yookassa")]
    public async Task A_payment_that_is_settled_in_another_currency_is_credited_without_a_fee(string provider)
    {
        var begun = await world.BeginAsync(provider);
        begun.Remote.SettledIn = "GBP";
        begun.Server.Pay(begun.Remote);
        using var told = await begun.NotifyAsync();
        await begun.UntilAsync(payment => payment.Text("status") == "succeeded", "the payment is credited");
        Assert.Equal(100, await begun.BalanceAsync());
        await PaymentChecker.CheckAsync(App.Database.Portico);
    }

    [Fact]
    public async Task Money_for_a_wallet_that_was_closed_meanwhile_waits_for_a_manager_and_goes_back()
    {
        var begun = await world.BeginAsync("stripe");
        var wallet = await begun.Person.GetAsync($"/api/v1/wallets/{begun.Wallet}");
        using (await begun.Person.SendAsync(
            HttpMethod.Delete, $"/api/v1/wallets/{begun.Wallet}", null, ("If-Match", wallet.Headers.ETag!.ToString())))
        {
            begun.Server.Pay(begun.Remote);
            using var told = await begun.NotifyAsync();
        }

        var waiting = await begun.UntilAsync(payment => payment.Text("status") == "uncredited", "the payment waits for a manager");
        Assert.True(waiting.GetProperty("needsAttention").GetBoolean());
        var listed = await world.Manager.GetAsync("/api/v1/payments/all?needsAttention=true").Json(HttpStatusCode.OK);
        Assert.Contains(listed.GetProperty("items").EnumerateArray(), payment => payment.Text("id") == $"{begun.Id}");
        await PaymentChecker.CheckAsync(App.Database.Portico);

        await begun.RefundAsync().Json(HttpStatusCode.Accepted);
        var ended = await begun.UntilAsync(payment => payment.GetProperty("refunded").Text("amount") == "100.00", "the money went back");
        Assert.False(ended.GetProperty("needsAttention").GetBoolean());
        Assert.Equal(10_000, begun.Remote.Refunded);
        await PaymentChecker.CheckAsync(App.Database.Portico);
    }
}
