using System.Diagnostics;
using System.Net;
using Npgsql;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Orders;

/// <summary>Portico, the orders service as a process of its own, and a proxy between them that breaks calls.</summary>
public sealed class OrderFaultWorld : IAsyncLifetime
{
    /// <summary>How long a page of the dashboard may take, and the share of it that the part of the orders has.</summary>
    internal static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    internal PorticoApp App { get; private set; } = null!;

    internal OrdersProcess Orders { get; private set; } = null!;

    internal GrpcProxy Proxy { get; } = new();

    internal TestPerson Person { get; private set; } = null!;

    internal Guid Wallet { get; private set; }

    public async Task InitializeAsync()
    {
        App = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Settings =
            {
                ["Orders:Url"] = Proxy.Address.ToString(),
                ["Orders:ReadTimeout"] = "00:00:00.700",
                ["Orders:Timeout"] = "00:00:00.900",
                ["Dashboard:Deadline"] = Deadline.ToString("c"),
                ["Dashboard:MaxStale"] = "00:00:00",
                ["Downstreams:BreakAfter"] = "1000",
            },
        });
        Orders = await OrdersProcess.StartAsync(App);
        Proxy.LeadTo(Orders);
        Person = await App.SignUpAsync();
        Wallet = await Person.OpenWalletWithAsync(App, await App.ManagerAsync(), "1000.00");
        await PlaceAsync();
    }

    /// <summary>Places an order of one mug, again while a slow machine needs more than the time that these tests allow.</summary>
    internal Task<string> PlaceAsync(string? key = null) => Eventually.Get<string>(
        async () =>
        {
            using var answer = await Person.PostOrderAsync(App.Client, OrderPeople.Mugs(Wallet), key);
            return answer.StatusCode == HttpStatusCode.Created ? (await answer.Json(HttpStatusCode.Created)).Text("id") : null;
        },
        "an order is placed");

    public async Task DisposeAsync()
    {
        await Orders.DisposeAsync();
        await App.DisposeAsync();
        await Proxy.DisposeAsync();
    }
}

/// <summary>The orders service fails in every way at every call; nothing is charged and nothing stays open.</summary>
public sealed class OrderFaultTests(OrderFaultWorld world) : IClassFixture<OrderFaultWorld>
{
    private const int CallsOfAnOrder = 3;

    private static readonly TimeSpan RecoveryTime = TimeSpan.FromSeconds(5);

    public static TheoryData<string> Faults() => [.. Enum.GetNames<CallFault>()];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task An_order_that_fails_at_any_call_is_neither_charged_nor_open(string name)
    {
        var fault = Enum.Parse<CallFault>(name);
        // A restart takes seconds, and the campaign of crashes kills it at every step.
        var calls = fault == CallFault.Dead ? Enumerable.Range(2, 1) : Enumerable.Range(1, CallsOfAnOrder);
        foreach (var call in calls)
        {
            var before = (await world.Person.BalanceAsync(world.Wallet), await OrdersAsync());
            var key = Guid.NewGuid().ToString();
            world.Proxy.Break(fault, call);
            var clock = Stopwatch.StartNew();
            using (var answer = await world.Person.PostOrderAsync(world.App.Client, OrderPeople.Mugs(world.Wallet), key))
            {
                await answer.Problem(HttpStatusCode.ServiceUnavailable, "dependency_unavailable");
                Assert.NotNull(answer.Headers.RetryAfter);
                Assert.True(clock.Elapsed < TimeSpan.FromSeconds(4), $"{clock.Elapsed} at call {call}");
            }

            await HealAsync(fault);
            await Eventually.Holds(async () => await SagasAsync() == 0, $"the order that failed at call {call} is ended", RecoveryTime);
            Assert.Equal(before, (await world.Person.BalanceAsync(world.Wallet), await OrdersAsync()));

            // The key is free again.
            await world.PlaceAsync(key);
            await Eventually.Holds(async () => await SagasAsync() == 0, "nothing is left of slow tries", RecoveryTime);
            var after = await world.Person.BalanceAsync(world.Wallet);
            Assert.Equal((before.Item1.Balance - 12.5m, 0m), (after.Balance, after.Held));
        }

        await LedgerChecker.CheckAsync(world.App.Database.Portico);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task The_dashboard_comes_in_time_without_the_orders(string name)
    {
        var fault = Enum.Parse<CallFault>(name);
        // The time of the test's own client is part of it.
        var longest = OrderFaultWorld.Deadline + TimeSpan.FromMilliseconds(200);
        await TimeLimit.Holds(longest, () => ReadWithoutOrdersAsync(fault));
    }

    /// <summary>Reads the page while the orders service has a fault.</summary>
    /// <returns>How long it took.</returns>
    private async Task<TimeSpan> ReadWithoutOrdersAsync(CallFault fault)
    {
        TimeSpan took;
        world.Proxy.Break(fault, 1);
        try
        {
            var clock = Stopwatch.StartNew();
            var page = await world.Person.GetAsync("/api/v1/dashboard?include=orders,profile").Json(HttpStatusCode.OK);
            took = clock.Elapsed;
            Assert.Equal(System.Text.Json.JsonValueKind.Object, page.GetProperty("profile").ValueKind);
            Assert.Equal(System.Text.Json.JsonValueKind.Null, page.GetProperty("orders").ValueKind);
            var error = Assert.Single(page.GetProperty("errors").EnumerateArray());
            Assert.Contains(error.Text("code"), (string[])["part_timeout", "part_unavailable"]);
        }
        finally
        {
            await HealAsync(fault);
        }

        await Eventually.Holds(
            async () => (await world.Person.GetAsync("/api/v1/dashboard?include=orders").Json(HttpStatusCode.OK))
                .GetProperty("orders").ValueKind == System.Text.Json.JsonValueKind.Object,
            "the orders are back");
        return took;
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_cancellation_that_failed_is_completed_and_returns_the_money_once(string name)
    {
        var fault = Enum.Parse<CallFault>(name);
        var id = await world.PlaceAsync();
        await Eventually.Holds(async () => await SagasAsync() == 0, "nothing is left of slow tries", RecoveryTime);
        var before = await world.Person.BalanceAsync(world.Wallet);
        // The second call, after the order was read and the money was returned.
        world.Proxy.Break(fault, 2);
        await world.Person.CancelAsync(world.App.Client, id).Problem(HttpStatusCode.ServiceUnavailable, "dependency_unavailable");
        await HealAsync(fault);

        await Eventually.Holds(async () => await SagasAsync() == 0, "the cancellation is complete", RecoveryTime);
        await Eventually.Holds(
            async () =>
            {
                using var read = await world.Person.GetAsync($"{OrderPeople.Path}/{id}");
                return read.StatusCode == HttpStatusCode.OK && (await read.Json(HttpStatusCode.OK)).Text("status") == "cancelled";
            },
            "the order is cancelled");
        Assert.Equal(before.Balance + 12.5m, (await world.Person.BalanceAsync(world.Wallet)).Balance);
    }

    private async Task HealAsync(CallFault fault)
    {
        await world.Proxy.HealAsync();
        if (fault == CallFault.Dead)
            await world.Orders.StartAsync();
        if (fault == CallFault.Hung)
            world.Orders.Thaw();
    }

    private Task<long> SagasAsync() => world.App.Database.ScalarAsync<long>("SELECT count(*) FROM order_sagas");

    private Task<long> OrdersAsync() =>
        Sql.ScalarAsync<long>(world.Orders.ConnectionString, "SELECT count(*) FROM orders WHERE status <> 'cancelled'");
}
