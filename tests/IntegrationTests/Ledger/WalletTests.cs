using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Portico.Testing;
using static Portico.IntegrationTests.Ledger.LedgerPeople;

namespace Portico.IntegrationTests.Ledger;

public sealed class WalletTests : PorticoTests
{
    private TestPerson _ada = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _ada = await App.SignUpAsync();
    }

    public override Task DisposeAsync() => LedgerChecker.CheckAsync(App.Database.Portico);

    [Fact]
    public async Task Is_opened_empty_and_shown_to_its_owner_only()
    {
        var id = await _ada.OpenWalletAsync("ETH", "Ether");
        var wallet = await _ada.WalletAsync(id);
        Assert.Equal("0.000000000000000000", wallet.GetProperty("balance").Text("amount"));
        Assert.Equal("open", wallet.Text("status"));
        var stranger = await App.SignUpAsync();
        await stranger.GetAsync($"/api/v1/wallets/{id}").Problem(HttpStatusCode.NotFound, "not_found");
        await _ada.OpenWalletAsync("EUR", "Euro");
        var list = await _ada.GetAsync("/api/v1/wallets").Json(HttpStatusCode.OK);
        Assert.Equal(["Euro", "Ether"], list.GetProperty("items").EnumerateArray().Select(item => item.Text("name")));
        await _ada.SendAsync(HttpMethod.Post, "/api/v1/wallets", new { name = "x", currency = "XXX" })
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
    }

    [Fact]
    public async Task Is_renamed_under_its_version_and_shows_its_money_whatever_version_is_known()
    {
        var id = await _ada.OpenWalletAsync();
        using var shown = await _ada.GetAsync($"/api/v1/wallets/{id}");
        var tag = shown.Headers.ETag!;
        await Send(HttpMethod.Patch, id, new { name = "New" }, null).Problem((HttpStatusCode)428, "precondition_required");
        var renamed = await Send(HttpMethod.Patch, id, new { name = "New" }, tag).Json(HttpStatusCode.OK);
        Assert.Equal("New", renamed.Text("name"));
        await Send(HttpMethod.Patch, id, new { name = "Newer" }, tag).Problem(HttpStatusCode.PreconditionFailed, "precondition_failed");

        var manager = await App.ManagerAsync();
        await manager.DepositAsync(App, id, "5.00");
        var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/wallets/{id}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _ada.AccessToken);
        request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue($"\"{renamed.Text("version")}\""));
        Assert.Equal(5m, Amount(await App.Client.SendAsync(request).Json(HttpStatusCode.OK), "balance"));
    }

    [Fact]
    public async Task Is_closed_only_when_it_is_empty_and_nothing_moves_after()
    {
        var (manager, ben) = (await App.ManagerAsync(), await App.SignUpAsync());
        var (id, other) = (await _ada.OpenWalletAsync(), await ben.OpenWalletAsync());
        await manager.DepositAsync(App, id, "5.00");
        await manager.DepositAsync(App, other, "5.00");
        await Send(HttpMethod.Delete, id, null, EntityTagHeaderValue.Any).Problem(HttpStatusCode.Conflict, "wallet_not_empty");
        var hold = await _ada.PostAsync(App, "holds", new { fromWalletId = id, toWalletId = other, amount = Money("5.00") })
            .Json(HttpStatusCode.Created);
        await Send(HttpMethod.Delete, id, null, EntityTagHeaderValue.Any).Problem(HttpStatusCode.Conflict, "wallet_not_empty");
        await _ada.PostAsync(App, $"holds/{hold.Text("id")}/capture", new { }).Json(HttpStatusCode.OK);
        await Send(HttpMethod.Delete, id, null, EntityTagHeaderValue.Any).Json(HttpStatusCode.NoContent);
        await _ada.GetAsync($"/api/v1/wallets/{id}").Problem(HttpStatusCode.NotFound, "not_found");
        await ben.PostAsync(App, "transfers", Transfer(other, id, "1.00")).Problem(HttpStatusCode.Conflict, "wallet_closed");
        await manager.PostAsync(App, "deposits", new { walletId = id, amount = Money("1.00") })
            .Problem(HttpStatusCode.Conflict, "wallet_closed");
    }

    private Task<HttpResponseMessage> Send(HttpMethod method, Guid id, object? body, EntityTagHeaderValue? ifMatch)
    {
        var request = new HttpRequestMessage(method, $"/api/v1/wallets/{id}")
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", _ada.AccessToken) },
            Content = body is null ? null : JsonContent.Create(body),
        };
        if (ifMatch is not null)
            request.Headers.IfMatch.Add(ifMatch);
        return App.Client.SendAsync(request);
    }
}
