using System.Diagnostics;
using System.Net;
using Npgsql;
using Portico.DevStack;
using Portico.IntegrationTests.Ledger;
using Portico.IntegrationTests.Orders;
using Portico.Testing;
using Xunit.Abstractions;

namespace Portico.IntegrationTests.Clusters;

/// <summary>Portico and the orders service behind PgBouncer in transaction mode.</summary>
[Trait("Category", "Clusters")]
public sealed class PoolerTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const long PriceOfMug = 1250;

    private LocalStack _stack = null!;
    private PgBouncerServer _pooler = null!;
    private PorticoApp _app = null!;
    private OrdersApp _orders = null!;

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
        var orders = new NpgsqlConnectionStringBuilder(_stack.Postgres.ConnectionString) { Database = $"orders_{Guid.NewGuid():N}" };
        settings["ConnectionStrings:OrdersMigrator"] = As(orders, "orders_migrator");
        settings["ConnectionStrings:Orders"] = _pooler.Through(As(orders, "orders_app"));
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
        var placing = PlaceOrdersAsync(buyer, wallet, end.Token);
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
        await _app.SignUpAsync();
        await payments.MoreAsync(300);
        await end.CancelAsync();
        var placed = await placing;

        await payments.EndAsync();
        output.WriteLine($"{payments.Count} payments and {placed} orders are acknowledged");
        Assert.True(placed > 0, "no order was placed");
        await Eventually.Holds(
            async () => await _app.Database.TextAsync("SELECT count(*) FROM order_sagas") == "0", "every order is ended");
        Assert.Equal(
            $"{placed} {placed * PriceOfMug}",
            await TextAsync(As(new NpgsqlConnectionStringBuilder(_orders.Settings["ConnectionStrings:OrdersMigrator"]), "postgres")));
        Assert.Equal(100_000m - (placed * PriceOfMug / 100m), (await buyer.BalanceAsync(wallet)).Balance);
        await Eventually.Holds(
            async () => await _app.Database.TextAsync("SELECT count(*) FROM outbox_waiting") == "0", "every event is published");
        await LedgerChecker.CheckAsync(_app.Database.Portico);
        // The requests came through the pooler, and the connections past it are few.
        Assert.True(await ConnectionsAsync() <= 10 + 2 + 10, "PostgreSQL has more connections than the pooler allows");
    }

    /// <summary>Places orders one after the other, each under its key until it is acknowledged.</summary>
    /// <returns>How many were acknowledged.</returns>
    private async Task<int> PlaceOrdersAsync(TestPerson buyer, Guid wallet, CancellationToken cancellationToken)
    {
        var placed = 0;
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
            placed++;
        }

        return placed;
    }

    private Task<string> ConnectionsAsync(string role) => _app.Database.TextAsync(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = $1 AND application_name LIKE 'portico%'", role);

    private async Task<int> ConnectionsAsync() => int.Parse(await ConnectionsAsync("portico_app"));

    private static async Task<string> TextAsync(string database)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            "SELECT count(*) || ' ' || coalesce(sum(total), 0) FROM orders WHERE status = 'placed'", connection);
        return $"{await command.ExecuteScalarAsync()}";
    }

    private string As(NpgsqlConnectionStringBuilder database, string role) =>
        role == "postgres"
            ? new NpgsqlConnectionStringBuilder(_stack.Postgres.ConnectionString) { Database = database.Database }.ConnectionString
            : new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = role, Password = role }.ConnectionString;
}
