using System.Net;
using System.Text.Json;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Orders;

/// <summary>What people do with orders over HTTP.</summary>
internal static class OrderPeople
{
    public const string Path = "/api/v1/orders";

    /// <summary>An order of mugs at 12.50 EUR.</summary>
    public static object Mugs(Guid wallet, int quantity = 1, object? expectedTotal = null) => new
    {
        walletId = wallet,
        lines = new[] { new { productId = OrderCalls.Mug, quantity } },
        expectedTotal,
    };

    public static Task<HttpResponseMessage> PostOrderAsync(
        this TestPerson person, HttpClient api, object order, string? key = null) => person.SendAsync(api, "orders", order, key);

    public static async Task<JsonElement> PlaceAsync(this TestPerson person, PorticoApp app, Guid wallet, int quantity = 1) =>
        await person.PostOrderAsync(app.Client, Mugs(wallet, quantity)).Json(HttpStatusCode.Created);

    public static Task<HttpResponseMessage> CancelAsync(this TestPerson person, HttpClient api, string id, string? key = null) =>
        person.SendAsync(api, $"orders/{id}/cancel", null, key);
}
