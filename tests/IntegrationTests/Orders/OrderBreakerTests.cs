using System.Diagnostics;
using System.Net;
using Npgsql;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Orders;

/// <summary>The circuit breaker of the orders service.</summary>
public sealed class OrderBreakerTests
{
    [Fact]
    public async Task Opens_when_the_service_reads_and_is_late_with_changes()
    {
        await using var orders = await OrdersApp.StartWithIssuerAsync(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Orders:Timeout"] = "00:00:01",
            ["Downstreams:BreakAfter"] = "4",
            ["Downstreams:BreakFor"] = "00:00:10",
        });
        await using var app = orders.Issuer;
        var person = await app.SignUpAsync();
        var wallet = await person.OpenWalletWithAsync(app, await app.ManagerAsync(), "1000.00");
        var superuser = new NpgsqlConnectionStringBuilder(orders.Settings["ConnectionStrings:Bootstrap"])
        {
            Database = new NpgsqlConnectionStringBuilder(orders.ConnectionString).Database,
        };
        await using var database = NpgsqlDataSource.Create(superuser);
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        // The service finds products, and can't place an order.
        await using (var hold = new NpgsqlCommand("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE", connection))
            await hold.ExecuteNonQueryAsync();

        // Half of the calls are late, once the earlier calls are 10 s old. An order that fails at once was refused by the breaker.
        await Eventually.Holds(
            async () =>
            {
                var clock = Stopwatch.StartNew();
                using var answer = await person.PostOrderAsync(app.Client, OrderPeople.Mugs(wallet));
                await answer.Problem(HttpStatusCode.ServiceUnavailable, "dependency_unavailable");
                return clock.Elapsed < TimeSpan.FromMilliseconds(500);
            },
            "the breaker to open");
        await person.GetAsync("/api/v1/products").Problem(HttpStatusCode.ServiceUnavailable, "dependency_unavailable");
    }
}
