using Google.Rpc;
using Grpc.Core;
using Portico.Orders.V1;
using Portico.Testing;
using OrdersClient = Portico.Orders.V1.Orders.OrdersClient;

namespace Portico.IntegrationTests.Orders;

/// <summary>Requests of the orders service, and what a refusal says.</summary>
internal static class OrderCalls
{
    /// <summary>Demo products of the Seeder, at 12.50 and 8.90 EUR.</summary>
    public const string Mug = "0199c2a7-0001-7000-8000-000000000001";
    public const string Notebook = "0199c2a7-0002-7000-8000-000000000002";

    public static PlaceOrderRequest Mugs(int quantity, string total) => new()
    {
        OrderId = Guid.CreateVersion7().ToString(),
        Lines = { new PlaceOrderLine { ProductId = Mug, Quantity = quantity } },
        ExpectedTotal = new Money { Amount = total, Currency = "EUR" },
    };

    public static PlaceOrderRequest OneMug() => Mugs(1, "12.50");

    /// <summary>A new order of one mug, which Portico has confirmed.</summary>
    public static async Task<Order> PlacedAsync(this OrdersApp app, TestPerson person)
    {
        var order = await app.Client(person.AccessToken).PlaceOrderAsync(OneMug());
        return await app.Processing(person.Id).ConfirmOrderAsync(new ConfirmOrderRequest { OrderId = order.Id });
    }

    /// <summary>Expects the call to be refused with a status and the code of an error.</summary>
    public static async Task<RpcException> RefusedAsync(StatusCode status, string code, Func<Task> call)
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal((status, code), (refusal.StatusCode, refusal.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason));
        return refusal;
    }

    public static Task<RpcException> RefusedAsync<T>(StatusCode status, string code, AsyncUnaryCall<T> call) =>
        RefusedAsync(status, code, () => call.ResponseAsync);

    public static async Task<Order> GetAsync(this OrdersClient client, string id) =>
        await client.GetOrderAsync(new GetOrderRequest { OrderId = id });
}
