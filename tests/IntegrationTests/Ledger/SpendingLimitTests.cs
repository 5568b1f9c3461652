using System.Net;
using System.Text.Json;
using Portico.Domain.Users;
using Portico.Testing;
using static Portico.IntegrationTests.Ledger.LedgerPeople;

namespace Portico.IntegrationTests.Ledger;

/// <summary>What managers allow a wallet or a person to spend.</summary>
public sealed class SpendingLimitTests : PorticoTests
{
    private TestPerson _manager = null!;
    private TestPerson _ada = null!;
    private Guid _from;
    private Guid _to;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        (_manager, _ada) = (await App.ManagerAsync(), await App.SignUpAsync());
        _from = await _ada.OpenWalletWithAsync(App, _manager, "1000.00");
        _to = await (await App.SignUpAsync()).OpenWalletAsync();
    }

    public override Task DisposeAsync() => LedgerChecker.CheckAsync(App.Database.Portico);

    [Fact]
    public async Task A_wallet_spends_no_more_than_its_limits_and_says_which()
    {
        var none = await _ada.GetAsync($"/api/v1/wallets/{_from}/limits").Json(HttpStatusCode.OK);
        Assert.Equal("EUR", none.Text("currency"));
        Assert.All((string[])["perTransfer", "perDay", "perMonth", "spentThisDay", "dayEndsAt"],
            name => Assert.Equal(JsonValueKind.Null, none.GetProperty(name).ValueKind));

        await _ada.TransferAsync(App, _from, _to, "30.00");
        var limits = new { perTransfer = Money("60.00"), perDay = Money("100.00"), perMonth = Money("500.00") };
        var set = await SetAsync($"wallets/{_from}", limits).Json(HttpStatusCode.OK);
        // What was spent before the limit was set counts.
        Assert.Equal((30m, 30m), (Amount(set, "spentThisDay"), Amount(set, "spentThisMonth")));
        Assert.Equal(set.ToString(), (await _ada.GetAsync($"/api/v1/wallets/{_from}/limits").Json(HttpStatusCode.OK)).ToString());

        Assert.Contains("may be at most 60.00 EUR", await RefusedAsync("60.01"), StringComparison.Ordinal);
        await _ada.TransferAsync(App, _from, _to, "60.00");
        var detail = await RefusedAsync("10.01");
        Assert.StartsWith("The limit of this wallet is 100.00 EUR a day. 10.00 EUR are left until ", detail, StringComparison.Ordinal);
        var end = set.GetProperty("dayEndsAt").GetDateTimeOffset().UtcDateTime;
        Assert.EndsWith($"{end:yyyy-MM-ddTHH:mm:ssZ}.", detail, StringComparison.Ordinal);
        await _ada.TransferAsync(App, _from, _to, "10.00");
        await RefusedAsync("0.01");

        // Deposits, withdrawals and reversals are of managers, and do not count.
        await _manager.PostAsync(App, "withdrawals", new { walletId = _from, amount = Money("100.00"), description = "cash" })
            .Json(HttpStatusCode.Created);
        await SetAsync($"wallets/{_from}", new { perDay = Money("100.01") }).Json(HttpStatusCode.OK);
        await _ada.TransferAsync(App, _from, _to, "0.01");
        await RefusedAsync("0.01");
        await SetAsync($"wallets/{_from}", new { }).Json(HttpStatusCode.OK);
        await _ada.TransferAsync(App, _from, _to, "500.00");
    }

    [Fact]
    public async Task A_person_spends_no_more_than_their_limits_from_all_wallets_together()
    {
        var second = await _ada.OpenWalletWithAsync(App, _manager, "1000.00");
        await SetAsync($"users/{_ada.Id}", new { items = new[] { new { currency = "EUR", perDay = Money("100.00") } } })
            .Json(HttpStatusCode.OK);
        var third = await _ada.OpenWalletWithAsync(App, _manager, "1000.00");

        await _ada.TransferAsync(App, _from, _to, "40.00");
        await _ada.TransferAsync(App, second, _to, "40.00");
        var problem = await _ada.PostAsync(App, "transfers", Transfer(third, _to, "20.01"))
            .Problem(HttpStatusCode.UnprocessableEntity, "limit_exceeded");
        Assert.StartsWith(
            "The limit of all your wallets in EUR together is 100.00 EUR a day. 20.00 EUR are left until", problem.Text("detail"),
            StringComparison.Ordinal);
        // Between their own wallets it is not spent, and other currencies have no limit.
        await _ada.TransferAsync(App, third, second, "900.00");
        var dollars = await _ada.OpenWalletWithAsync(App, _manager, "1000.00", "USD");
        var other = await (await App.SignUpAsync()).OpenWalletAsync("USD");
        await _ada.PostAsync(App, "transfers", Transfer(dollars, other, "1000.00", "USD")).Json(HttpStatusCode.Created);

        var limits = await _ada.GetAsync($"/api/v1/users/{_ada.Id}/limits").Json(HttpStatusCode.OK);
        Assert.Equal(80m, Amount(Assert.Single(limits.GetProperty("items").EnumerateArray()), "spentThisDay"));
    }

    [Fact]
    public async Task A_hold_counts_when_it_is_placed_and_gives_back_what_it_releases()
    {
        await SetAsync($"wallets/{_from}", new { perDay = Money("100.00") }).Json(HttpStatusCode.OK);
        var hold = (await PlaceAsync("80.00").Json(HttpStatusCode.Created)).Text("id");
        await PlaceAsync("20.01").Problem(HttpStatusCode.UnprocessableEntity, "limit_exceeded");
        await RefusedAsync("20.01");

        await _ada.PostAsync(App, $"holds/{hold}/capture", new { amount = Money("30.00") }).Json(HttpStatusCode.OK);
        await RefusedAsync("20.01");
        await _ada.PostAsync(App, $"holds/{hold}/void", body: null).Json(HttpStatusCode.OK);
        await RefusedAsync("70.01");
        await _ada.TransferAsync(App, _from, _to, "70.00");
    }

    [Fact]
    public async Task A_refused_payment_is_refused_again_under_its_key_and_a_batch_spends_nothing_of_it()
    {
        await SetAsync($"wallets/{_from}", new { perDay = Money("100.00") }).Json(HttpStatusCode.OK);
        var batch = new
        {
            transfers = new[] { Transfer(_from, _to, "60.00"), Transfer(_from, _to, "60.00") },
        };
        var first = await _ada.PostAsync(App, "transfers/batch", batch, "batch")
            .Problem(HttpStatusCode.UnprocessableEntity, "limit_exceeded");
        await SetAsync($"wallets/{_from}", new { perDay = Money("200.00") }).Json(HttpStatusCode.OK);

        var again = await _ada.PostAsync(App, "transfers/batch", batch, "batch")
            .Problem(HttpStatusCode.UnprocessableEntity, "limit_exceeded");
        Assert.Equal(first.Text("detail"), again.Text("detail"));
        await _ada.TransferAsync(App, _from, _to, "200.00");
    }

    [Fact]
    public async Task Is_set_by_who_ranks_higher_and_read_by_its_owner_and_managers()
    {
        var otherManager = await App.ManagerAsync();
        var theirs = await otherManager.OpenWalletAsync();
        var limit = new { perDay = Money("1.00") };
        await SetAsync($"wallets/{theirs}", limit).Problem(HttpStatusCode.Forbidden, "rank_too_low");
        await SetAsync($"users/{_manager.Id}", new { items = Array.Empty<object>() }).Problem(HttpStatusCode.Forbidden, "rank_too_low");
        await (await App.SignUpAsync(Role.Admin)).SendAsync(HttpMethod.Put, $"/api/v1/wallets/{theirs}/limits", limit)
            .Json(HttpStatusCode.OK);
        await _ada.SendAsync(HttpMethod.Put, $"/api/v1/wallets/{_from}/limits", limit).Problem(HttpStatusCode.Forbidden, "forbidden");

        var stranger = await App.SignUpAsync();
        foreach (var path in (string[])[$"/api/v1/wallets/{_from}/limits", $"/api/v1/users/{_ada.Id}/limits"])
        {
            await stranger.GetAsync(path).Problem(HttpStatusCode.NotFound, "not_found");
            await _manager.GetAsync(path).Json(HttpStatusCode.OK);
        }

        await SetAsync($"wallets/{Guid.CreateVersion7()}", limit).Problem(HttpStatusCode.NotFound, "not_found");
        await SetAsync($"users/{Guid.CreateVersion7()}", new { items = Array.Empty<object>() })
            .Problem(HttpStatusCode.NotFound, "not_found");
        await SetAsync($"wallets/{_from}", new { perDay = Money("1.00", "USD") })
            .Problem(HttpStatusCode.UnprocessableEntity, "currency_mismatch");
        var twice = new { items = new[] { new { currency = "EUR" }, new { currency = "EUR" } } };
        await SetAsync($"users/{_ada.Id}", twice).Problem(HttpStatusCode.BadRequest, "validation_failed");
    }

    [Fact]
    public async Task Every_change_is_in_the_audit_log()
    {
        await SetAsync($"wallets/{_from}", new { perTransfer = Money("60.00"), perDay = Money("100.00") }).Json(HttpStatusCode.OK);
        await SetAsync($"wallets/{_from}", new { perDay = Money("90.00") }).Json(HttpStatusCode.OK);

        var admin = await App.SignUpAsync(Role.Admin);
        var audit = await admin.GetAsync($"/api/v1/audit?subject={_from}").Json(HttpStatusCode.OK);
        var changes = audit.GetProperty("items").EnumerateArray().Where(entry => entry.Text("action") == "spending_limits.set").ToArray();
        Assert.Equal(2, changes.Length);
        Assert.Equal("100.00 EUR a day, 60.00 EUR a transfer", changes[0].GetProperty("before").Text("limits"));
        Assert.Equal("90.00 EUR a day", changes[0].GetProperty("after").Text("limits"));
    }

    [Fact]
    public async Task The_day_is_that_of_the_owners_time_zone()
    {
        await _ada.SendAsync(HttpMethod.Patch, "/api/v1/users/me", new { timeZone = "Mars/Olympus" })
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
        var me = await _ada.SendAsync(HttpMethod.Patch, "/api/v1/users/me", new { timeZone = "Asia/Kathmandu" }).Json(HttpStatusCode.OK);
        Assert.Equal("Asia/Kathmandu", me.Text("timeZone"));

        var set = await SetAsync($"wallets/{_from}", new { perDay = Money("100.00") }).Json(HttpStatusCode.OK);

        // 5 h 45 min before UTC.
        Assert.Equal(new TimeSpan(18, 15, 0), set.GetProperty("dayEndsAt").GetDateTimeOffset().UtcDateTime.TimeOfDay);
        // A day that has begun keeps its end, so that nobody begins another one by moving.
        await _ada.SendAsync(HttpMethod.Patch, "/api/v1/users/me", new { timeZone = "Pacific/Kiritimati" }).Json(HttpStatusCode.OK);
        await _ada.TransferAsync(App, _from, _to, "1.00");
        var after = await _ada.GetAsync($"/api/v1/wallets/{_from}/limits").Json(HttpStatusCode.OK);
        Assert.Equal(set.Text("dayEndsAt"), after.Text("dayEndsAt"));
    }

    private Task<HttpResponseMessage> SetAsync(string subject, object body) =>
        _manager.SendAsync(HttpMethod.Put, $"/api/v1/{subject}/limits", body);

    private Task<HttpResponseMessage> PlaceAsync(string amount) => _ada.PostAsync(
        App, "holds", new { fromWalletId = _from, toWalletId = _to, amount = Money(amount) });

    private async Task<string> RefusedAsync(string amount) => (await _ada.PostAsync(App, "transfers", Transfer(_from, _to, amount))
        .Problem(HttpStatusCode.UnprocessableEntity, "limit_exceeded")).Text("detail");
}
