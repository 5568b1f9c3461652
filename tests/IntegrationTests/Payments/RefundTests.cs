using System.Net;
using System.Text.Json;
using Portico.Domain.Payments;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;
using Portico.Testing.Providers;

namespace Portico.IntegrationTests.Payments;

/// <summary>Money of payments goes back to who paid.</summary>
[Collection(PaymentWorld.Tests.Name)]
public sealed class RefundTests(PaymentWorld world)
{
    private PorticoApp App => world.App;

    [Theory]
    [InlineData("stripe")]
    [InlineData("yookassa")]
    public async Task A_part_and_then_the_rest_go_back_through_the_provider(string provider)
    {
        var begun = await world.PaidAsync(provider);
        var refund = await begun.RefundAsync("30.00").Json(HttpStatusCode.Accepted);
        Assert.Equal("pending", refund.Text("status"));
        await begun.UntilAsync(payment => Refunded(payment) == "30.00", "a part went back");
        Assert.Equal((70m, 0m, 70m), await begun.Person.BalanceAsync(begun.Wallet));

        await begun.RefundAsync().Json(HttpStatusCode.Accepted);
        var ended = await begun.UntilAsync(payment => Refunded(payment) == "100.00", "all went back");
        Assert.Equal(2, ended.GetProperty("refunds").GetArrayLength());
        Assert.Equal(10_000, begun.Remote.Refunded);
        Assert.Equal(0, await begun.BalanceAsync());
        await begun.RefundAsync().Problem(HttpStatusCode.UnprocessableEntity, "refund_exceeded");
        Assert.Equal(
            ["payments.succeeded.v1", "payments.refunded.v1", "payments.refunded.v1"],
            await world.App.Database.RowsAsync(
                "SELECT type FROM outbox WHERE aggregate_id = $1 ORDER BY aggregate_version", row => row.GetString(0), begun.Id));
        Assert.Equal(
            ["30.00 EUR returned", "70.00 EUR returned"],
            await world.App.Database.RowsAsync(
                """
                SELECT (after ->> 'amount') || ' ' || (after ->> 'reason') FROM audit_log
                WHERE action = 'payment.refund_requested' AND subject_id = $1 ORDER BY 1
                """,
                row => row.GetString(0).Replace(begun.Currency, "EUR", StringComparison.Ordinal), $"{begun.Id}"));
        await PaymentChecker.CheckAsync(App.Database.Portico);
    }

    [Theory]
    [InlineData("stripe")]
    [InlineData("yookassa")]
    public async Task Refunds_at_once_are_never_above_what_was_received(string provider)
    {
        var begun = await world.PaidAsync(provider);
        // The wallet has more, so that only the payment limits the refunds.
        await world.Manager.DepositAsync(App, begun.Wallet, "500.00", begun.Currency);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => begun.RefundAsync("30.00")));
        Assert.Equal(3, answers.Count(answer => answer.StatusCode == HttpStatusCode.Accepted));
        Assert.Equal(17, answers.Count(answer => answer.StatusCode == HttpStatusCode.UnprocessableEntity));
        foreach (var answer in answers)
            answer.Dispose();

        await begun.UntilAsync(payment => Refunded(payment) == "90.00", "three parts went back");
        Assert.Equal(9_000, begun.Remote.Refunded);
        Assert.Equal(510, await begun.BalanceAsync());
        await PaymentChecker.CheckAsync(App.Database.Portico);
    }

    [Fact]
    public async Task A_refund_is_sent_again_and_made_once_when_its_answer_is_lost()
    {
        var begun = await world.PaidAsync("stripe");
        var faults = 0;
        world.Stripe.Fault = request =>
            request == "POST /v1/refunds" && Interlocked.Increment(ref faults) <= 2 ? PaymentFault.CutAfter : PaymentFault.None;
        var key = $"{Guid.NewGuid()}";
        var first = await begun.RefundAsync("40.00", key).Json(HttpStatusCode.Accepted);
        var second = await begun.RefundAsync("40.00", key).Json(HttpStatusCode.Accepted);
        Assert.Equal(first.GetRawText(), second.GetRawText());
        await begun.UntilAsync(payment => Refunded(payment) == "40.00", "the refund is done");
        world.Stripe.Fault = _ => PaymentFault.None;
        Assert.Equal(4_000, Assert.Single(begun.Remote.Refunds).Amount);
        Assert.Equal(60, await begun.BalanceAsync());
    }

    [Fact]
    public async Task Money_is_reserved_while_a_refund_is_on_its_way_and_free_again_when_it_fails()
    {
        var begun = await world.PaidAsync("yookassa");
        world.Yookassa.RefundsTakeTime = true;
        try
        {
            await begun.RefundAsync("40.00").Json(HttpStatusCode.Accepted);
            await Eventually.Holds(() => Task.FromResult(begun.Remote.Refunds.Count == 1), "YooKassa has the refund");
        }
        finally
        {
            world.Yookassa.RefundsTakeTime = false;
        }

        Assert.Equal((100m, 40m, 60m), await begun.Person.BalanceAsync(begun.Wallet));
        // The hold belongs to the refund, and the deposit to the payment: nobody else ends them.
        var hold = PaymentIds.HoldOf(Guid.Parse((await begun.ReadAsync()).GetProperty("refunds")[0].Text("id")));
        await begun.Person.PostAsync(App, $"holds/{hold}/void", null).Problem(HttpStatusCode.Conflict, "payment_money");
        await world.Manager.PostAsync(App, $"transfers/{PaymentIds.CreditOf(begun.Id)}/reverse", new { })
            .Problem(HttpStatusCode.Conflict, "payment_money");

        begun.Remote.Refunds[0].Status = "failed";
        using var told = await begun.NotifyOfRefundAsync(begun.Remote.Refunds[0]);
        var ended = await begun.UntilAsync(payment => payment.GetProperty("refunds")[0].Text("status") == "failed", "the refund failed");
        Assert.Equal("0.00", Refunded(ended));
        Assert.Equal((100m, 0m, 100m), await begun.Person.BalanceAsync(begun.Wallet));
        await PaymentChecker.CheckAsync(App.Database.Portico);
    }

    [Fact]
    public async Task A_refund_that_the_provider_refuses_or_the_wallet_can_not_pay_moves_nothing()
    {
        var begun = await world.PaidAsync("stripe");
        world.Stripe.RefusesRefunds = true;
        try
        {
            await begun.RefundAsync("40.00").Json(HttpStatusCode.Accepted);
            await begun.UntilAsync(payment => payment.GetProperty("refunds")[0].Text("status") == "failed", "the refund failed");
        }
        finally
        {
            world.Stripe.RefusesRefunds = false;
        }

        Assert.Equal((100m, 0m, 100m), await begun.Person.BalanceAsync(begun.Wallet));
        await begun.Person.TransferAsync(App, begun.Wallet, await (await App.SignUpAsync()).OpenWalletAsync(), "90.00");
        await begun.RefundAsync("40.00").Problem(HttpStatusCode.UnprocessableEntity, "insufficient_funds");
        await world.Manager.PostAsync(App, $"payments/{begun.Id}/refund", new { amount = LedgerPeople.Money("1.00", "USD") })
            .Problem(HttpStatusCode.UnprocessableEntity, "currency_mismatch");
        await begun.Person.PostAsync(App, $"payments/{begun.Id}/refund", new { }).Problem(HttpStatusCode.Forbidden, "forbidden");
        Assert.Empty(begun.Remote.Refunds);
    }

    [Theory]
    [InlineData("stripe")]
    [InlineData("yookassa")]
    public async Task A_refund_made_at_the_provider_is_booked_from_the_wallet_or_named_for_a_manager(string provider)
    {
        var begun = await world.PaidAsync(provider);
        using (await begun.NotifyOfRefundAsync(begun.Server.RefundAtConsole(begun.Remote, 2_500)))
            await begun.UntilAsync(payment => Refunded(payment) == "25.00", "the refund is booked");
        Assert.Equal(75, await begun.BalanceAsync());
        Assert.True((await begun.ReadAsync()).GetProperty("refunds")[0].GetProperty("isExternal").GetBoolean());

        var elsewhere = await (await App.SignUpAsync()).OpenWalletAsync(begun.Currency);
        await begun.Person.PostAsync(App, "transfers", LedgerPeople.Transfer(begun.Wallet, elsewhere, "70.00", begun.Currency))
            .Json(HttpStatusCode.Created);
        using (await begun.NotifyOfRefundAsync(begun.Server.RefundAtConsole(begun.Remote, 5_000)))
            await begun.UntilAsync(payment => Refunded(payment) == "75.00", "the refund is recorded");
        Assert.Equal(5, await begun.BalanceAsync());
        Assert.True((await begun.ReadAsync()).GetProperty("needsAttention").GetBoolean());
        await PaymentChecker.CheckAsync(App.Database.Portico);
    }

    [Theory]
    [InlineData("stripe", "succeeded")]
    [InlineData("stripe", "failed")]
    [InlineData("yookassa", "succeeded")]
    [InlineData("yookassa", "failed")]
    public async Task A_refund_made_at_the_provider_is_followed_to_its_end_without_another_notification(string provider, string end)
    {
        var begun = await world.PaidAsync(provider);
        var refund = begun.Server.RefundAtConsole(begun.Remote, 2_500, "pending");
        using (await begun.NotifyOfRefundAsync(refund))
            await Eventually.Holds(
                async () => await begun.Person.BalanceAsync(begun.Wallet) == (100m, 25m, 75m), "the money of the refund is reserved");
        var pending = (await begun.ReadAsync()).GetProperty("refunds")[0];
        Assert.True(pending.GetProperty("isExternal").GetBoolean());
        Assert.Equal("pending", pending.Text("status"));
        // What is on its way can't go back twice.
        await begun.RefundAsync("80.00").Problem(HttpStatusCode.UnprocessableEntity, "refund_exceeded");

        refund.Status = end;
        var isDone = end == "succeeded";
        var ended = await begun.UntilAsync(payment => payment.GetProperty("refunds")[0].Text("status") == end, "the refund has ended");
        Assert.Equal(isDone ? (75m, 0m, 75m) : (100m, 0m, 100m), await begun.Person.BalanceAsync(begun.Wallet));
        Assert.Equal(isDone ? "25.00" : "0.00", Refunded(ended));
        Assert.Equal(1, ended.GetProperty("refunds").GetArrayLength());
        Assert.False(ended.GetProperty("needsAttention").GetBoolean());
        await PaymentChecker.CheckAsync(App.Database.Portico);
    }

    [Fact]
    public async Task A_refund_that_fails_after_it_had_succeeded_comes_back()
    {
        var begun = await world.PaidAsync("stripe");
        await begun.RefundAsync("40.00").Json(HttpStatusCode.Accepted);
        await begun.UntilAsync(payment => Refunded(payment) == "40.00", "the refund is done");
        begun.Remote.Refunds[0].Status = "failed";
        using var told = await begun.NotifyOfRefundAsync(begun.Remote.Refunds[0]);
        await begun.UntilAsync(payment => Refunded(payment) == "0.00", "the refund came back");
        Assert.Equal(100, await begun.BalanceAsync());
    }

    [Fact]
    public async Task A_refund_that_the_wallet_could_not_pay_gives_the_wallet_nothing_when_it_fails()
    {
        var begun = await world.PaidAsync("stripe");
        var elsewhere = await (await App.SignUpAsync()).OpenWalletAsync();
        await begun.Person.TransferAsync(App, begun.Wallet, elsewhere, "100.00");
        var refund = begun.Server.RefundAtConsole(begun.Remote, 4_000);
        using (await begun.NotifyOfRefundAsync(refund))
            await begun.UntilAsync(payment => Refunded(payment) == "40.00", "the refund is recorded");

        refund.Status = "failed";
        using var told = await begun.NotifyOfRefundAsync(refund);
        await begun.UntilAsync(payment => Refunded(payment) == "0.00", "the refund came back");
        Assert.Equal(0, await begun.BalanceAsync());
        Assert.Equal(
            ["suspense", "suspense"],
            await App.Database.RowsAsync(
                """
                SELECT a.kind FROM ledger.journals j JOIN ledger.accounts a ON a.id IN (j.source_id, j.destination_id)
                WHERE j.id = ANY($1) AND a.kind <> 'stripeClearing'
                """,
                row => row.GetString(0),
                await IdsOfAsync(begun, PaymentIds.DebtOf, PaymentIds.SuspendedReturnOf)));
        await PaymentChecker.CheckAsync(App.Database.Portico);
    }

    [Fact]
    public async Task Money_of_a_failed_refund_that_a_closed_wallet_can_not_take_back_is_named_for_a_manager()
    {
        var begun = await world.PaidAsync("stripe");
        await begun.RefundAsync().Json(HttpStatusCode.Accepted);
        await begun.UntilAsync(payment => Refunded(payment) == "100.00", "the refund is done");
        var wallet = await begun.Person.GetAsync($"/api/v1/wallets/{begun.Wallet}");
        using var closed = await begun.Person.SendAsync(
            HttpMethod.Delete, $"/api/v1/wallets/{begun.Wallet}", null, ("If-Match", wallet.Headers.ETag!.ToString()));
        Assert.Equal(HttpStatusCode.NoContent, closed.StatusCode);

        begun.Remote.Refunds[0].Status = "failed";
        using var told = await begun.NotifyOfRefundAsync(begun.Remote.Refunds[0]);
        var ended = await begun.UntilAsync(payment => Refunded(payment) == "0.00", "the refund came back");
        Assert.True(ended.GetProperty("needsAttention").GetBoolean());
        await PaymentChecker.CheckAsync(App.Database.Portico);
    }

    private static async Task<Guid[]> IdsOfAsync(Begun begun, params Func<Guid, Guid>[] idsOf)
    {
        var refund = Guid.Parse((await begun.ReadAsync()).GetProperty("refunds")[0].Text("id"));
        return [.. idsOf.Select(idOf => idOf(refund))];
    }

    private static string Refunded(JsonElement payment) => payment.GetProperty("refunded").Text("amount");
}
