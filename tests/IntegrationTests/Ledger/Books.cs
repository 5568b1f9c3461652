using System.Net;
using System.Text.Json;
using Portico.Domain.Users;
using Portico.Testing;

namespace Portico.IntegrationTests.Ledger;

/// <summary>Money moved over HTTP, as frontends and managers do it.</summary>
internal sealed class Books(TestPerson manager)
{
    public static async Task<Books> OpenAsync(PorticoApp app) => new(await app.SignUpAsync(Role.Manager));

    public TestPerson Manager { get; } = manager;

    public static async Task<string> WalletAsync(TestPerson owner, string currency = "EUR") =>
        (await owner.SendAsync(HttpMethod.Post, "/api/v1/wallets", new { name = "Purse", currency }).Json(HttpStatusCode.Created)).Text("id");

    /// <summary>A wallet with money that came from outside.</summary>
    public async Task<string> WalletWithAsync(TestPerson owner, string amount, string currency = "EUR")
    {
        var wallet = await WalletAsync(owner, currency);
        await PostAsync(Manager, "deposits", new { walletId = wallet, amount = Money(amount, currency), description = "Salary" });
        return wallet;
    }

    public static Task<JsonElement> TransferAsync(TestPerson owner, string from, string to, string amount, string? description = "Lunch", string currency = "EUR") =>
        PostAsync(owner, "transfers", new { fromWalletId = from, toWalletId = to, amount = Money(amount, currency), description });

    public static async Task<string> HoldAsync(TestPerson owner, string from, string to, string amount) =>
        (await PostAsync(owner, "holds", new { fromWalletId = from, toWalletId = to, amount = Money(amount) })).Text("id");

    public static object Money(string amount, string currency = "EUR") => new { amount, currency };

    public static async Task<JsonElement> PostAsync(TestPerson person, string path, object? body = null)
    {
        using var answer = await person.SendAsync(HttpMethod.Post, $"/api/v1/{path}", body ?? new { }, ("Idempotency-Key", Guid.NewGuid().ToString("N")));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {(int)answer.StatusCode} {text}");
        return JsonSerializer.Deserialize<JsonElement>(text);
    }
}
