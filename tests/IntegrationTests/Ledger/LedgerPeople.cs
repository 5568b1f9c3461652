using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Portico.Domain.Users;
using Portico.Testing;

namespace Portico.IntegrationTests.Ledger;

/// <summary>What people do with money over HTTP.</summary>
internal static class LedgerPeople
{
    public static object Money(string amount, string currency = "EUR") => new { amount, currency };

    public static object Transfer(Guid from, Guid to, string amount, string currency = "EUR", string description = "test") =>
        new { fromWalletId = from, toWalletId = to, amount = Money(amount, currency), description };

    /// <summary>Sends a POST under a key, a new one if none is given.</summary>
    public static Task<HttpResponseMessage> PostAsync(
        this TestPerson person, PorticoApp app, string path, object? body, string? key = null) =>
        person.SendAsync(app.Client, path, body, key);

    /// <summary>Sends a POST to any replica.</summary>
    public static Task<HttpResponseMessage> SendAsync(this TestPerson person, HttpClient api, string path, object? body, string? key)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/{path}")
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", person.AccessToken) },
            Content = body is null ? null : JsonContent.Create(body),
        };
        request.Headers.Add("Idempotency-Key", key ?? Guid.NewGuid().ToString());
        return api.SendAsync(request);
    }

    public static async Task<Guid> OpenWalletAsync(this TestPerson person, string currency = "EUR", string name = "Wallet") =>
        (await person.SendAsync(HttpMethod.Post, "/api/v1/wallets", new { name, currency }).Json(HttpStatusCode.Created))
            .GetProperty("id")
            .GetGuid();

    /// <summary>A wallet with money that came from outside.</summary>
    public static async Task<Guid> OpenWalletWithAsync(
        this TestPerson person, PorticoApp app, TestPerson manager, string amount, string currency = "EUR")
    {
        var wallet = await person.OpenWalletAsync(currency);
        await manager.DepositAsync(app, wallet, amount, currency);
        return wallet;
    }

    public static Task<JsonElement> WalletAsync(this TestPerson person, Guid id) =>
        person.GetAsync($"/api/v1/wallets/{id}").Json(HttpStatusCode.OK);

    /// <summary>The balance, what is held and what is available, as plain numbers.</summary>
    public static async Task<(decimal Balance, decimal Held, decimal Available)> BalanceAsync(this TestPerson person, Guid id)
    {
        var wallet = await person.WalletAsync(id);
        return (Amount(wallet, "balance"), Amount(wallet, "held"), Amount(wallet, "available"));
    }

    public static decimal Amount(JsonElement element, string name) =>
        decimal.Parse(element.GetProperty(name).Text("amount"), CultureInfo.InvariantCulture);

    public static Task<TestPerson> ManagerAsync(this PorticoApp app) => app.SignUpAsync(Role.Manager);

    public static Task<JsonElement> DepositAsync(
        this TestPerson manager, PorticoApp app, Guid wallet, string amount, string currency = "EUR") =>
        manager.PostAsync(app, "deposits", new { walletId = wallet, amount = Money(amount, currency), description = "funds" })
            .Json(HttpStatusCode.Created);

    public static Task<JsonElement> TransferAsync(
        this TestPerson owner, PorticoApp app, Guid from, Guid to, string amount, string description = "test") =>
        owner.PostAsync(app, "transfers", Transfer(from, to, amount, description: description)).Json(HttpStatusCode.Created);

    /// <summary>Sets the rate 1.10 of EUR in USD, and exchanges on it.</summary>
    public static async Task<Guid> ExchangeAsync(
        this TestPerson owner, PorticoApp app, TestPerson manager, Guid from, Guid to, string amount)
    {
        await manager.SetRateAsync("EUR", "USD", "1.10").Json(HttpStatusCode.OK);
        var quote = await owner.QuoteAsync(app, from, to, Money(amount)).Json(HttpStatusCode.OK);
        await owner.PostAsync(app, "exchanges", new { quoteId = quote.Text("id") }).Json(HttpStatusCode.Created);
        return Guid.Parse(quote.Text("id"));
    }

    public static Task<HttpResponseMessage> SetRateAsync(
        this TestPerson manager, string @base, string quote, string rate, string spread = "0", DateTimeOffset? validUntil = null) =>
        manager.SendAsync(
            HttpMethod.Put, $"/api/v1/exchange-rates/{@base}/{quote}",
            new { rate, spread, validUntil = validUntil ?? DateTimeOffset.UtcNow.AddDays(1) });

    public static Task<HttpResponseMessage> QuoteAsync(
        this TestPerson owner, PorticoApp app, Guid from, Guid to, object? sell, object? buy = null) =>
        owner.PostAsync(app, "exchanges/quotes", new { fromWalletId = from, toWalletId = to, sell, buy });

    public static async Task<Guid> PlaceHoldAsync(this TestPerson owner, PorticoApp app, Guid from, Guid to, string amount) =>
        (await owner.PostAsync(app, "holds", Transfer(from, to, amount)).Json(HttpStatusCode.Created)).GetProperty("id").GetGuid();
}
