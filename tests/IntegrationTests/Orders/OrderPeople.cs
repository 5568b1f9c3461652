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

    /// <summary>Places an order, again if a busy machine was too slow: the order before is undone then.</summary>
    public static async Task<JsonElement> PlaceAsync(this TestPerson person, PorticoApp app, Guid wallet, int quantity = 1)
    {
        JsonElement? order = null;
        await Eventually.Holds(
            async () =>
            {
                using var answer = await person.PostOrderAsync(app.Client, Mugs(wallet, quantity));
                if (answer.StatusCode != HttpStatusCode.ServiceUnavailable)
                    order = await answer.Json(HttpStatusCode.Created);
                return order is not null;
            },
            "an order is placed");
        return order!.Value;
    }

    public static Task<HttpResponseMessage> CancelAsync(this TestPerson person, HttpClient api, string id, string? key = null) =>
        person.SendAsync(api, $"orders/{id}/cancel", null, key);
}
