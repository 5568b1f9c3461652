using System.Net;
using Portico.Testing;
using static Portico.IntegrationTests.Ledger.LedgerPeople;

namespace Portico.IntegrationTests.Ledger;

public sealed class TransferTests : PorticoTests
{
    private TestPerson _manager = null!;
    private TestPerson _ada = null!;
    private TestPerson _ben = null!;
    private Guid _from;
    private Guid _to;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        (_manager, _ada, _ben) = (await App.ManagerAsync(), await App.SignUpAsync(), await App.SignUpAsync());
        (_from, _to) = (await _ada.OpenWalletAsync(), await _ben.OpenWalletAsync());
        await _manager.DepositAsync(App, _from, "100.00");
    }

    public override Task DisposeAsync() => LedgerChecker.CheckAsync(App.Database.Portico);

    [Fact]
    public async Task Moves_money_and_shows_it_to_both_parties()
    {
        var made = await _ada.PostAsync(App, "transfers", Transfer(_from, _to, "12.34")).Json(HttpStatusCode.Created);
        Assert.Equal("12.34", made.GetProperty("amount").Text("amount"));
        Assert.Equal((87.66m, 0m, 87.66m), await _ada.BalanceAsync(_from));
        Assert.Equal((12.34m, 0m, 12.34m), await _ben.BalanceAsync(_to));
        foreach (var party in new[] { _ada, _ben, _manager })
            Assert.Equal(
                made.ToString(), (await party.GetAsync($"/api/v1/transfers/{made.Text("id")}").Json(HttpStatusCode.OK)).ToString());
        var stranger = await App.SignUpAsync();
        await stranger.GetAsync($"/api/v1/transfers/{made.Text("id")}").Problem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Refuses_what_cannot_be_and_changes_nothing()
    {
        var dollars = await _ben.OpenWalletAsync("USD");
        await _ada.PostAsync(App, "transfers", Transfer(_from, _to, "100.01"))
            .Problem(HttpStatusCode.UnprocessableEntity, "insufficient_funds");
        await _ada.PostAsync(App, "transfers", Transfer(_from, _from, "1.00")).Problem(HttpStatusCode.BadRequest, "same_wallet");
        await _ada.PostAsync(App, "transfers", Transfer(_from, dollars, "1.00"))
            .Problem(HttpStatusCode.UnprocessableEntity, "currency_mismatch");
        await _ada.PostAsync(App, "transfers", Transfer(_from, _to, "1.00", "USD"))
            .Problem(HttpStatusCode.UnprocessableEntity, "currency_mismatch");
        await _ada.PostAsync(App, "transfers", Transfer(_to, _from, "1.00")).Problem(HttpStatusCode.NotFound, "not_found");
        await _ada.PostAsync(App, "transfers", Transfer(_from, Guid.NewGuid(), "1.00")).Problem(HttpStatusCode.NotFound, "not_found");
        await _ada.PostAsync(App, "deposits", new { walletId = _from, amount = Money("1.00") })
            .Problem(HttpStatusCode.Forbidden, "forbidden");
        Assert.Equal((100m, 0m, 100m), await _ada.BalanceAsync(_from));
        Assert.Equal((0m, 0m, 0m), await _ben.BalanceAsync(_to));
    }

    [Theory]
    [InlineData("1.234", "amount_precision")]
    [InlineData("1,5", "validation_failed")]
    [InlineData("1e2", "validation_failed")]
    [InlineData("-1.00", "validation_failed")]
    [InlineData("+1.00", "validation_failed")]
    [InlineData(" 1.00", "validation_failed")]
    [InlineData("0", "validation_failed")]
    [InlineData("0.00", "validation_failed")]
    [InlineData("NaN", "validation_failed")]
    [InlineData("792281625142643375935439503.36", "validation_failed")]
    public async Task Reads_amounts_strictly(string amount, string code)
    {
        var problem = await _ada.PostAsync(App, "transfers", Transfer(_from, _to, amount)).Problem(HttpStatusCode.BadRequest, code);
        Assert.True(problem.GetProperty("errors").TryGetProperty("amount", out _), problem.ToString());
    }

    [Fact]
    public async Task Needs_a_key_and_answers_a_repetition_the_same()
    {
        var body = Transfer(_from, _to, "1.00");
        await _ada.SendAsync(HttpMethod.Post, "/api/v1/transfers", body).Problem(HttpStatusCode.BadRequest, "validation_failed");
        var first = await _ada.PostAsync(App, "transfers", body, "key").Json(HttpStatusCode.Created);
        using var again = await _ada.PostAsync(App, "transfers", body, "key");
        Assert.Equal("true", again.Headers.GetValues("Idempotency-Replayed").Single());
        Assert.Equal(first.ToString(), (await again.Json(HttpStatusCode.Created)).ToString());
        await _ada.PostAsync(App, "transfers", Transfer(_from, _to, "2.00"), "key")
            .Problem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        Assert.Equal(99m, (await _ada.BalanceAsync(_from)).Balance);
    }

    [Fact]
    public async Task A_refusal_for_funds_is_kept_under_its_key()
    {
        var body = Transfer(_from, _to, "150.00");
        await _ada.PostAsync(App, "transfers", body, "poor").Problem(HttpStatusCode.UnprocessableEntity, "insufficient_funds");
        await _manager.DepositAsync(App, _from, "100.00");
        await _ada.PostAsync(App, "transfers", body, "poor").Problem(HttpStatusCode.UnprocessableEntity, "insufficient_funds");
        await _ada.PostAsync(App, "transfers", body, "rich").Json(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_batch_stands_or_falls_whole()
    {
        var legs = Enumerable.Range(1, 100).Select(n => Transfer(_from, _to, $"0.{n % 100:D2}" is "0.00" ? "1.00" : $"0.{n:D2}")).ToArray();
        var made = await _ada.PostAsync(App, "transfers/batch", new { transfers = legs }, "batch").Json(HttpStatusCode.Created);
        Assert.Equal(100, made.GetProperty("transfers").GetArrayLength());
        Assert.Equal(
            made.ToString(),
            (await _ada.PostAsync(App, "transfers/batch", new { transfers = legs }, "batch").Json(HttpStatusCode.Created)).ToString());
        Assert.Equal(49.50m, (await _ada.BalanceAsync(_from)).Balance);

        // The second leg needs more than is left.
        object[] unfit = [Transfer(_from, _to, "40.00"), Transfer(_from, _to, "9.51")];
        foreach (var _ in (int[])[1, 2])
        {
            var refused = await _ada.PostAsync(App, "transfers/batch", new { transfers = unfit }, "unfit")
                .Problem(HttpStatusCode.UnprocessableEntity, "insufficient_funds");
            Assert.Equal("transfers[1]", refused.Text("path"));
        }

        object[] same = [Transfer(_from, _to, "1.00"), Transfer(_from, _to, "1.00"), Transfer(_from, _from, "1.00")];
        var toItself = await _ada.PostAsync(App, "transfers/batch", new { transfers = same })
            .Problem(HttpStatusCode.BadRequest, "same_wallet");
        Assert.Equal("transfers[2]", toItself.Text("path"));
        var alone = await _ada.PostAsync(App, "transfers", Transfer(_from, _to, "100.00"))
            .Problem(HttpStatusCode.UnprocessableEntity, "insufficient_funds");
        Assert.False(alone.TryGetProperty("path", out _));
        Assert.Equal(49.50m, (await _ada.BalanceAsync(_from)).Balance);
        await _ada.PostAsync(App, "transfers/batch", new { transfers = legs.Append(legs[0]) })
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
        await _ada.PostAsync(App, "transfers/batch", new { transfers = Array.Empty<object>() })
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
    }

    [Fact]
    public async Task Is_reversed_in_parts_up_to_its_amount()
    {
        var made = await _ada.PostAsync(App, "transfers", Transfer(_from, _to, "10.00")).Json(HttpStatusCode.Created);
        var path = $"transfers/{made.Text("id")}/reverse";
        await _ada.PostAsync(App, path, new { }).Problem(HttpStatusCode.Forbidden, "forbidden");
        var part = await _manager.PostAsync(App, path, new { amount = Money("4.00") }).Json(HttpStatusCode.Created);
        Assert.Equal(made.Text("id"), part.Text("reversesId"));
        Assert.Equal(_to.ToString(), part.Text("fromWalletId"));
        await _manager.PostAsync(App, path, new { amount = Money("6.01") })
            .Problem(HttpStatusCode.UnprocessableEntity, "reversal_exceeded");
        var rest = await _manager.PostAsync(App, path, new { }).Json(HttpStatusCode.Created);
        Assert.Equal(6.00m, Amount(rest, "amount"));
        await _manager.PostAsync(App, path, new { }).Problem(HttpStatusCode.Conflict, "already_reversed");
        await _manager.PostAsync(App, $"transfers/{rest.Text("id")}/reverse", new { }).Problem(HttpStatusCode.Conflict, "not_reversible");
        await _manager.PostAsync(App, $"transfers/{Guid.NewGuid()}/reverse", new { }).Problem(HttpStatusCode.NotFound, "not_found");
        Assert.Equal(100m, (await _ada.BalanceAsync(_from)).Balance);
    }

    [Fact]
    public async Task Deposits_and_withdrawals_have_the_world_outside_as_their_other_side()
    {
        var paid = await _manager.PostAsync(App, "withdrawals", new { walletId = _from, amount = Money("30.00"), description = "Payout" })
            .Json(HttpStatusCode.Created);
        Assert.Equal(System.Text.Json.JsonValueKind.Null, paid.GetProperty("toWalletId").ValueKind);
        Assert.Equal("withdrawal", paid.Text("kind"));
        await _manager.PostAsync(App, "withdrawals", new { walletId = _from, amount = Money("70.01") })
            .Problem(HttpStatusCode.UnprocessableEntity, "insufficient_funds");
        Assert.Equal(70m, (await _ada.BalanceAsync(_from)).Balance);
    }
}
