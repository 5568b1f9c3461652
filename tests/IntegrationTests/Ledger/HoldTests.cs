using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Testing;
using static Portico.IntegrationTests.Ledger.LedgerPeople;

namespace Portico.IntegrationTests.Ledger;

public sealed class HoldTests : PorticoTests
{
    private TestPerson _ada = null!;
    private TestPerson _ben = null!;
    private Guid _from;
    private Guid _to;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        (_ada, _ben) = (await App.SignUpAsync(), await App.SignUpAsync());
        (_from, _to) = (await _ada.OpenWalletAsync(), await _ben.OpenWalletAsync());
        await (await App.ManagerAsync()).DepositAsync(App, _from, "100.00");
    }

    public override Task DisposeAsync() => LedgerChecker.CheckAsync(App.Database.Portico);

    [Fact]
    public async Task Reserves_then_moves_in_parts_and_releases_the_rest()
    {
        var hold = await PlaceAsync("60.00");
        Assert.Equal((100m, 60m, 40m), await _ada.BalanceAsync(_from));
        await _ada.PostAsync(App, "transfers", Transfer(_from, _to, "40.01"))
            .Problem(HttpStatusCode.UnprocessableEntity, "insufficient_funds");

        var part = await _ada.PostAsync(App, $"holds/{hold}/capture", new { amount = Money("25.00") }).Json(HttpStatusCode.OK);
        Assert.Equal((25m, 35m, "open"), (Amount(part, "captured"), Amount(part, "remaining"), part.Text("status")));
        Assert.Equal((75m, 35m, 40m), await _ada.BalanceAsync(_from));
        await _ada.PostAsync(App, $"holds/{hold}/capture", new { amount = Money("35.01") })
            .Problem(HttpStatusCode.UnprocessableEntity, "hold_exceeded");
        await _ada.PostAsync(App, $"holds/{hold}/capture", new { amount = Money("1.00", "USD") })
            .Problem(HttpStatusCode.UnprocessableEntity, "currency_mismatch");

        var ended = await _ada.PostAsync(App, $"holds/{hold}/void", new { }).Json(HttpStatusCode.OK);
        Assert.Equal((25m, 0m, "voided"), (Amount(ended, "captured"), Amount(ended, "remaining"), ended.Text("status")));
        Assert.Equal((75m, 0m, 75m), await _ada.BalanceAsync(_from));
        await _ada.PostAsync(App, $"holds/{hold}/capture", new { }).Problem(HttpStatusCode.Conflict, "hold_closed");
        await _ada.PostAsync(App, $"holds/{hold}/void", new { }).Problem(HttpStatusCode.Conflict, "hold_closed");
        Assert.Equal(ended.ToString(), (await _ben.GetAsync($"/api/v1/holds/{hold}").Json(HttpStatusCode.OK)).ToString());
    }

    [Fact]
    public async Task A_repetition_shows_the_hold_as_it_was_then()
    {
        var hold = await PlaceAsync("60.00", "place");
        var part = await _ada.PostAsync(App, $"holds/{hold}/capture", new { amount = Money("25.00") }, "part").Json(HttpStatusCode.OK);
        await _ada.PostAsync(App, $"holds/{hold}/capture", body: null).Json(HttpStatusCode.OK);
        Assert.Equal(
            part.ToString(),
            (await _ada.PostAsync(App, $"holds/{hold}/capture", new { amount = Money("25.00") }, "part").Json(HttpStatusCode.OK))
                .ToString());
        var again = await _ada.PostAsync(App, "holds", Body("60.00"), "place").Json(HttpStatusCode.Created);
        Assert.Equal(("open", 0m), (again.Text("status"), Amount(again, "captured")));
        Assert.Equal(40m, (await _ada.BalanceAsync(_from)).Balance);
    }

    [Fact]
    public async Task Belongs_to_who_placed_it()
    {
        var hold = await PlaceAsync("1.00");
        await _ben.PostAsync(App, $"holds/{hold}/capture", new { }).Problem(HttpStatusCode.NotFound, "not_found");
        await _ben.PostAsync(App, $"holds/{hold}/void", new { }).Problem(HttpStatusCode.NotFound, "not_found");
        await (await App.SignUpAsync()).GetAsync($"/api/v1/holds/{hold}").Problem(HttpStatusCode.NotFound, "not_found");
        await _ben.PostAsync(App, "holds", Body("1.00")).Problem(HttpStatusCode.NotFound, "not_found");
        await _ada.PostAsync(App, "holds", Body("100.00")).Problem(HttpStatusCode.UnprocessableEntity, "insufficient_funds");
        await _ada.PostAsync(App, "holds", Body("1.00", DateTimeOffset.UtcNow.AddSeconds(-1)))
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
        await _ada.PostAsync(App, "holds", Body("1.00", DateTimeOffset.UtcNow.AddDays(91)))
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
    }

    [Fact]
    public async Task Expires_by_itself()
    {
        var hold = await HoldForAMomentAsync("60.00");
        await Eventually.Holds(async () => (await _ada.BalanceAsync(_from)).Available == 100m, "the hold expires");
        var ended = await _ada.GetAsync($"/api/v1/holds/{hold}").Json(HttpStatusCode.OK);
        Assert.Equal("expired", ended.Text("status"));
        await _ada.PostAsync(App, $"holds/{hold}/capture", new { }).Problem(HttpStatusCode.Conflict, "hold_closed");
    }

    [Fact]
    public async Task A_repetition_after_the_hold_has_expired_gets_the_first_answer()
    {
        var (key, body) = (Guid.NewGuid().ToString(), Body("60.00", DateTimeOffset.UtcNow.AddSeconds(2)));
        var first = await _ada.PostAsync(App, "holds", body, key).Json(HttpStatusCode.Created);
        await Eventually.Holds(async () => (await _ada.BalanceAsync(_from)).Available == 100m, "the hold expires");
        using var again = await _ada.PostAsync(App, "holds", body, key);
        Assert.Equal(first.ToString(), (await again.Json(HttpStatusCode.Created)).ToString());
        Assert.Equal("true", Assert.Single(again.Headers.GetValues("Idempotency-Replayed")));
        await _ada.PostAsync(App, "holds", body).Problem(HttpStatusCode.BadRequest, "validation_failed");
    }

    [Fact]
    public async Task Ends_once_however_many_capture_void_and_expire_it_at_once()
    {
        var ledger = App.Services.GetRequiredService<ILedger>();
        for (var round = 0; round < 5; round++)
        {
            var before = await _ada.BalanceAsync(_from);
            var hold = await HoldForAMomentAsync("1.00");
            var results = await Task.WhenAll(Enumerable.Range(0, 60).Select(n => Task.Run(async () =>
            {
                return await ledger.Execute(
                    (n % 3) switch
                    {
                        0 => new Capture(hold, Portico.Domain.Common.Money.Of(0.30m, Currency.Of("EUR"))) { Id = Guid.CreateVersion7() },
                        1 when n > 50 => new Release(hold, Expired: false) { Id = Guid.CreateVersion7() },
                        _ => new Release(hold, Expired: true) { Id = Guid.CreateVersion7() },
                    },
                    CancellationToken.None);
            })));
            await Eventually.Holds(async () => (await HoldAsync(hold)).Text("status") != "open", "the hold ends");
            var (ended, after) = (await HoldAsync(hold), await _ada.BalanceAsync(_from));
            Assert.Equal(before.Balance - Amount(ended, "captured"), after.Balance);
            Assert.Equal(before.Available - Amount(ended, "captured"), after.Available);
            Assert.Equal(
                results.Count(result => result.Error is null && result.Journals[0].Kind == JournalKind.Capture) * 0.30m,
                Amount(ended, "captured"));
            var ends = results.Count(result =>
                result.Error is null && result.Journals[0].Kind is JournalKind.Void or JournalKind.Expiry);
            Assert.True(ends <= 1);
        }
    }

    private async Task<Guid> HoldForAMomentAsync(string amount)
    {
        for (var lifetime = TimeSpan.FromMilliseconds(60); ; lifetime *= 2)
        {
            using var answer = await _ada.PostAsync(App, "holds", Body(amount, DateTimeOffset.UtcNow + lifetime));
            // On a busy machine the moment can be over before the request arrives.
            if (answer.StatusCode != HttpStatusCode.BadRequest || lifetime > TimeSpan.FromSeconds(10))
                return (await answer.Json(HttpStatusCode.Created)).GetProperty("id").GetGuid();
        }
    }

    private Task<JsonElement> HoldAsync(Guid id) => _ada.GetAsync($"/api/v1/holds/{id}").Json(HttpStatusCode.OK);

    private object Body(string amount, DateTimeOffset? expiresAt = null) =>
        expiresAt is null
            ? new { fromWalletId = _from, toWalletId = _to, amount = Money(amount) }
            : new { fromWalletId = _from, toWalletId = _to, amount = Money(amount), expiresAt };

    private async Task<Guid> PlaceAsync(string amount, string? key = null) =>
        (await _ada.PostAsync(App, "holds", Body(amount), key).Json(HttpStatusCode.Created)).GetProperty("id").GetGuid();
}
