using Grpc.Core;
using Portico.Domain.Users;
using Portico.Orders.V1;
using Portico.Testing;

namespace Portico.IntegrationTests.Orders;

public sealed class WatchOrdersTests : OrdersServiceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Streams_each_change_and_goes_on_from_a_position()
    {
        await Owner.PlaceOrderAsync(OrderCalls.OneMug());
        using var stream = Owner.WatchOrders(new WatchOrdersRequest());
        var start = await NextAsync(stream);
        // Only what happens from now on.
        Assert.Null(start.Order);

        var order = await Owner.PlaceOrderAsync(OrderCalls.OneMug());
        var placed = await NextAsync(stream);
        Assert.Equal(order, placed.Order);
        var confirmed = await App.Processing(Person.Id).ConfirmOrderAsync(new ConfirmOrderRequest { OrderId = order.Id });
        Assert.Equal(confirmed, (await NextAsync(stream)).Order);

        using var later = Owner.WatchOrders(new WatchOrdersRequest { Position = placed.Position });
        Assert.Equal(placed.Position, (await NextAsync(later)).Position);
        Assert.Equal(confirmed, (await NextAsync(later)).Order);
    }

    [Fact]
    public async Task Streams_nothing_of_other_users_unless_a_manager_names_one()
    {
        var stranger = App.Client((await App.Issuer.SignUpAsync()).AccessToken);
        var manager = App.Client((await App.Issuer.SignUpAsync(Role.Manager)).AccessToken);
        using var theirs = stranger.WatchOrders(new WatchOrdersRequest());
        using var managers = manager.WatchOrders(new WatchOrdersRequest { OwnerId = $"{Person.Id}" });
        await NextAsync(theirs);
        await NextAsync(managers);

        var order = await Owner.PlaceOrderAsync(OrderCalls.OneMug());
        Assert.Equal(order, (await NextAsync(managers)).Order);
        var own = await stranger.PlaceOrderAsync(OrderCalls.OneMug());
        Assert.Equal(own, (await NextAsync(theirs)).Order);

        using var refused = stranger.WatchOrders(new WatchOrdersRequest { OwnerId = $"{Person.Id}" });
        await OrderCalls.RefusedAsync(StatusCode.PermissionDenied, "FORBIDDEN", () => NextAsync(refused));
    }

    [Fact]
    public async Task Streams_a_change_that_another_process_made()
    {
        using var stream = Owner.WatchOrders(new WatchOrdersRequest());
        await NextAsync(stream);
        var order = await Owner.PlaceOrderAsync(OrderCalls.OneMug());
        await NextAsync(stream);

        await App.ExecuteAsync(
            """
            WITH owner AS (UPDATE order_owners SET change = change + 1, pending = pending - 1 WHERE id = $1 RETURNING change)
            UPDATE orders SET status = 'placed', change = (SELECT change FROM owner) WHERE id = $2
            """,
            Person.Id,
            Guid.Parse(order.Id));

        Assert.Equal(OrderStatus.Placed, (await NextAsync(stream)).Order.Status);
    }

    [Fact]
    public async Task Goes_on_after_a_failure_to_look_for_changes_that_is_no_outage()
    {
        await using var app = await OrdersApp.StartAsync(App.Issuer);
        var client = app.Client(Person.AccessToken);
        using var stream = client.WatchOrders(new WatchOrdersRequest());
        await NextAsync(stream);
        const string rollbacks = "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()";
        var before = await Sql.ScalarAsync<long>(app.ConnectionString, rollbacks);

        await app.ExecuteAsync("REVOKE SELECT ON order_owners FROM orders_app");
        await Eventually.Holds(
            async () => await Sql.ScalarAsync<long>(app.ConnectionString, rollbacks) > before, "a look for changes that fails");
        await app.ExecuteAsync("GRANT SELECT ON order_owners TO orders_app");

        var order = await client.PlaceOrderAsync(OrderCalls.OneMug());
        Assert.Equal(order, (await NextAsync(stream)).Order);
    }

    [Fact]
    public async Task Ends_with_the_token()
    {
        var token = App.Token(Person.Id, "portico", ["user"], [], TimeSpan.FromSeconds(2));
        using var stream = App.Client(token).WatchOrders(new WatchOrdersRequest());

        await OrderCalls.RefusedAsync(StatusCode.Unauthenticated, "INVALID_TOKEN", async () =>
        {
            while (true)
                await NextAsync(stream);
        });
    }

    [Fact]
    public async Task Ends_with_the_deadline_of_the_caller()
    {
        using var stream = Owner.WatchOrders(new WatchOrdersRequest(), deadline: DateTime.UtcNow.AddSeconds(1));
        var refusal = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (true)
                await NextAsync(stream);
        });
        Assert.Equal(StatusCode.DeadlineExceeded, refusal.StatusCode);
    }

    [Fact]
    public async Task Limits_the_streams_of_a_user_and_frees_those_that_end()
    {
        var open = Enumerable.Range(0, 5).Select(_ => Owner.WatchOrders(new WatchOrdersRequest())).ToList();
        foreach (var stream in open)
            await NextAsync(stream);
        using (var refused = Owner.WatchOrders(new WatchOrdersRequest()))
            await OrderCalls.RefusedAsync(StatusCode.ResourceExhausted, "TOO_MANY_STREAMS", () => NextAsync(refused));

        open.ForEach(stream => stream.Dispose());

        await Eventually.Holds(
            async () =>
            {
                using var again = Owner.WatchOrders(new WatchOrdersRequest());
                try
                {
                    return await NextAsync(again) is not null;
                }
                catch (RpcException full) when (full.StatusCode == StatusCode.ResourceExhausted)
                {
                    return false;
                }
            },
            "a stream can be opened again");
    }

    private static async Task<OrderChange> NextAsync(AsyncServerStreamingCall<OrderChange> stream)
    {
        using var deadline = new CancellationTokenSource(Patience);
        Assert.True(await stream.ResponseStream.MoveNext(deadline.Token), "The stream ended.");
        return stream.ResponseStream.Current;
    }
}
