using System.Diagnostics;
using System.Globalization;
using System.Net;
using Npgsql;
using Portico.DevStack;
using Portico.IntegrationTests.Events;
using Portico.IntegrationTests.Ledger;
using Portico.IntegrationTests.Orders;
using Portico.Testing;
using Xunit.Abstractions;

namespace Portico.IntegrationTests.Clusters;

/// <summary>Portico and the orders service behind PgBouncer in transaction mode.</summary>
[Trait("Category", "Clusters")]
public sealed class PoolerTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Buyers = 4;

    // Of the ledger and of the relay.
    private const int DirectConnections = 1 + 2;
    private const int OrdersAfter = 20;
    private const long PriceOfMug = 1250;

    private LocalStack _stack = null!;
    private PgBouncerServer _pooler = null!;
    private PorticoApp _app = null!;
    private OrdersApp _orders = null!;
    private int _placed;

    public async Task InitializeAsync()
    {
        _stack = await LocalStack.StartAsync(new LocalStackOptions());
        _pooler = await PgBouncerServer.StartAsync(_stack, ["portico_app", "orders_app"]);
        var database = await TestDatabase.CreateAsync(_stack);
        _app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Stack = _stack,
            Database = database,
            Settings =
            {
                ["ConnectionStrings:Portico"] = _pooler.Through(database.Portico),
                ["ConnectionStrings:PorticoDirect"] = database.Portico,
                ["Orders:Url"] = $"http://127.0.0.1:{Ports.Free()}",
            },
        });
        var settings = OrdersApp.AddressOf(_app);
        var (server, orders) = (_stack.Postgres.ConnectionString, $"orders_{Guid.NewGuid():N}");
        settings["ConnectionStrings:OrdersMigrator"] = Sql.As(server, orders, "orders_migrator");
        settings["ConnectionStrings:Orders"] = _pooler.Through(Sql.As(server, orders, "orders_app"));
        _orders = await OrdersApp.StartAsync(_app, settings);
    }

    public async Task DisposeAsync()
    {
        await _orders.DisposeAsync();
        await _app.DisposeAsync();
        await _pooler.DisposeAsync();
        await _stack.DisposeAsync();
    }

    [Fact]
    public async Task Nothing_is_lost_or_doubled_when_postgresql_dies_behind_a_pooler()
    {
        var (buyer, manager) = (await _app.SignUpAsync(), await _app.ManagerAsync());
        var wallet = await buyer.OpenWalletWithAsync(_app, manager, "100000.00");
        await using var payments = await PaymentLoad.StartAsync(_app);
        using var end = new CancellationTokenSource();
        var placing = Task.WhenAll(Enumerable.Range(0, Buyers).Select(_ => PlaceOrdersAsync(buyer, wallet, end.Token)));
        await payments.MoreAsync(100);

        await _stack.Postgres.KillAsync();
        await Eventually.Holds(
            async () =>
            {
                using var answer = await buyer.GetAsync("/api/v1/users/me");
                return answer.StatusCode == HttpStatusCode.ServiceUnavailable;
            },
            "the outage is seen");
        await _stack.Postgres.RestartAsync();
        var back = Stopwatch.GetTimestamp();
        await payments.MoreAsync(1);
        output.WriteLine($"paying again {Stopwatch.GetElapsedTime(back).TotalSeconds:0.0} s after PostgreSQL is back");
        // The writer of the ledger tries again by itself; other requests may meet a connection of before.
        await Eventually.Holds(
            async () =>
            {
                using var answer = await buyer.GetAsync("/api/v1/users/me");
                return answer.StatusCode == HttpStatusCode.OK;
            },
            "the outage is over");
        await _app.SignUpAsync();
        await payments.MoreAsync(300);
        var goal = _placed + OrdersAfter;
        await Eventually.Holds(() => Task.FromResult(_placed >= goal), "orders are placed again", TimeSpan.FromMinutes(2));
        await end.CancelAsync();
        await placing;
        var placed = _placed;

        await payments.EndAsync();
        output.WriteLine($"{payments.Count} payments and {placed} orders are acknowledged");
        await Eventually.Holds(
            async () => await _app.Database.TextAsync("SELECT count(*) FROM order_sagas") == "0", "every order is ended");
        Assert.Equal(
            $"{placed} {placed * PriceOfMug}",
            await PlacedAsync(_orders.ConnectionString));
        Assert.Equal(100_000m - (placed * PriceOfMug / 100m), (await buyer.BalanceAsync(wallet)).Balance);
        await Eventually.Holds(
            async () => await _app.Database.TextAsync(TestOutbox.CountWaiting) == "0", "every event is published");
        await LedgerChecker.CheckAsync(_app.Database.Portico);
        Assert.InRange(
            int.Parse(
                await _app.Database.TextAsync("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'portico'"),
                CultureInfo.InvariantCulture),
            1,
            PgBouncerServer.PoolSize + DirectConnections);
    }

    /// <summary>Places orders one after the other, each under its key until it is acknowledged.</summary>
    private async Task PlaceOrdersAsync(TestPerson buyer, Guid wallet, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var key = $"{Guid.NewGuid()}";
            await Eventually.Holds(
                async () =>
                {
                    using var answer = await buyer.PostOrderAsync(_app.Client, OrderPeople.Mugs(wallet), key);
                    if (answer.StatusCode == HttpStatusCode.Created)
                        return true;
                    Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.ServiceUnavailable, HttpStatusCode.Conflict]);
                    return false;
                },
                "an order is placed",
                TimeSpan.FromMinutes(1));
            Interlocked.Increment(ref _placed);
        }
    }

    private static Task<string> PlacedAsync(string database) => Sql.ScalarAsync<string>(
        database, "SELECT count(*) || ' ' || coalesce(sum(total), 0) FROM orders WHERE status = 'placed'");
}
