using Grpc.Core;
using Portico.Orders.V1;
using Portico.Testing;

namespace Portico.IntegrationTests.Orders;

/// <summary>Confirming and cancelling orders; every step may be repeated.</summary>
public sealed class OrderProcessingTests : OrdersServiceTests
{
    private Portico.Orders.V1.Orders.OrdersClient Processing => App.Processing(Person.Id);

    [Fact]
    public async Task A_confirmed_order_is_placed_however_often_it_is_confirmed()
    {
        var order = await Owner.PlaceOrderAsync(OrderCalls.OneMug());

        var placed = await Processing.ConfirmOrderAsync(new ConfirmOrderRequest { OrderId = order.Id });
        Assert.Equal(OrderStatus.Placed, placed.Status);
        Assert.Equal(placed, await Processing.ConfirmOrderAsync(new ConfirmOrderRequest { OrderId = order.Id }));
    }

    [Fact]
    public async Task Nobody_confirms_an_order_without_paying()
    {
        var order = await Owner.PlaceOrderAsync(OrderCalls.OneMug());
        var manager = await App.Issuer.SignUpAsync(Domain.Users.Role.Admin);
        var request = new ConfirmOrderRequest { OrderId = order.Id };

        await OrderCalls.RefusedAsync(StatusCode.PermissionDenied, "FORBIDDEN", Owner.ConfirmOrderAsync(request));
        await OrderCalls.RefusedAsync(
            StatusCode.PermissionDenied, "FORBIDDEN", App.Client(manager.AccessToken).ConfirmOrderAsync(request));
        // Also Portico itself acts for one user only.
        await OrderCalls.RefusedAsync(
            StatusCode.NotFound, "ORDER_NOT_FOUND", App.Processing(manager.Id).ConfirmOrderAsync(request));
        Assert.Equal(OrderStatus.Pending, (await Owner.GetAsync(order.Id)).Status);
    }

    [Fact]
    public async Task The_owner_cancels_a_pending_order_and_it_can_t_be_confirmed_any_more()
    {
        var order = await Owner.PlaceOrderAsync(OrderCalls.OneMug());

        var cancelled = await Owner.CancelOrderAsync(new CancelOrderRequest { OrderId = order.Id });

        Assert.Equal((OrderStatus.Cancelled, CancelReason.Requested), (cancelled.Status, cancelled.CancelReason));
        Assert.Equal(cancelled, await Owner.CancelOrderAsync(new CancelOrderRequest { OrderId = order.Id }));
        await OrderCalls.RefusedAsync(
            StatusCode.FailedPrecondition,
            "ORDER_CANCELLED",
            Processing.ConfirmOrderAsync(new ConfirmOrderRequest { OrderId = order.Id }));
    }

    [Fact]
    public async Task A_placed_order_is_cancelled_only_by_the_one_who_returns_the_money()
    {
        var order = await App.PlacedAsync(Person);
        var request = new CancelOrderRequest { OrderId = order.Id };

        await OrderCalls.RefusedAsync(StatusCode.PermissionDenied, "FORBIDDEN", Owner.CancelOrderAsync(request));
        var cancelled = await Processing.CancelOrderAsync(request);

        Assert.Equal((OrderStatus.Cancelled, CancelReason.Requested), (cancelled.Status, cancelled.CancelReason));
    }

    [Fact]
    public async Task An_order_that_was_cancelled_before_it_came_is_refused()
    {
        var request = OrderCalls.OneMug();
        var cancel = new CancelOrderRequest { OrderId = request.OrderId, Reason = CancelReason.PaymentFailed, RefuseId = true };

        await OrderCalls.RefusedAsync(StatusCode.PermissionDenied, "FORBIDDEN", Owner.CancelOrderAsync(cancel));
        for (var i = 0; i < 2; i++)
            await OrderCalls.RefusedAsync(StatusCode.NotFound, "ORDER_NOT_FOUND", Processing.CancelOrderAsync(cancel));

        await OrderCalls.RefusedAsync(StatusCode.FailedPrecondition, "ORDER_CANCELLED", Owner.PlaceOrderAsync(request));
        await OrderCalls.RefusedAsync(StatusCode.NotFound, "ORDER_NOT_FOUND", () => Owner.GetAsync(request.OrderId));
    }

    [Fact]
    public async Task An_order_and_its_refusal_at_the_same_time_leave_no_open_order()
    {
        for (var round = 0; round < 10; round++)
        {
            var request = OrderCalls.OneMug();
            var cancel = new CancelOrderRequest { OrderId = request.OrderId, RefuseId = true };
            var placing = Owner.PlaceOrderAsync(request).ResponseAsync;
            var cancelling = Processing.CancelOrderAsync(cancel).ResponseAsync;
            await ((Task)Task.WhenAll(placing, cancelling)).ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

            // Exactly one of both came first.
            Assert.NotEqual(placing.IsCompletedSuccessfully, cancelling.IsFaulted);
            if (placing.IsCompletedSuccessfully)
                Assert.Equal(OrderStatus.Cancelled, (await Owner.GetAsync(request.OrderId)).Status);
        }
    }

    [Fact]
    public async Task A_pending_order_that_nobody_confirms_is_cancelled()
    {
        await using var app = await OrdersApp.StartAsync(
            App.Issuer,
            new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["Orders:PendingLifetime"] = "00:00:01",
                ["Orders:SweepInterval"] = "00:00:00.1",
            });
        var client = app.Client(Person.AccessToken);
        var order = await client.PlaceOrderAsync(OrderCalls.OneMug());

        await Eventually.Holds(
            async () => (await client.GetAsync(order.Id)) is { Status: OrderStatus.Cancelled, CancelReason: CancelReason.Expired },
            "the order is cancelled");
    }

    [Fact]
    public async Task The_database_refuses_to_open_a_cancelled_order_again()
    {
        var order = await Owner.PlaceOrderAsync(OrderCalls.OneMug());
        await Owner.CancelOrderAsync(new CancelOrderRequest { OrderId = order.Id });

        var refusal = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => App.ExecuteAsync(
            "UPDATE orders SET status = 'pending', cancel_reason = NULL WHERE id = $1", Guid.Parse(order.Id)));
        Assert.Equal(Npgsql.PostgresErrorCodes.IntegrityConstraintViolation, refusal.SqlState);
    }
}
