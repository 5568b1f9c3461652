using Npgsql;
using Portico.Migrator.Commands;

namespace Portico.IntegrationTests.Migrations;

/// <summary>The second database that the Migrator migrates: that of the orders service.</summary>
[Collection(MigratorCluster.Tests.Name)]
public sealed class TargetTests(MigratorCluster cluster)
{
    private const string Password = "orders' own";

    [Fact]
    public async Task Migrates_every_database_that_is_configured()
    {
        var migrator = NewMigrator(out var orders);

        var up = await migrator.SucceedAsync("up", "--json");
        Assert.Equal(orders, up.Json.GetProperty("orders").GetProperty("database").GetString());
        Assert.Equal(
            SchemaTarget.Orders.Catalog.Migrations.Select(migration => migration.Id),
            up.Json.GetProperty("orders").GetProperty("applied").EnumerateArray().Select(row => row.GetProperty("id").GetInt32()));
        Assert.NotEmpty(await migrator.AppliedAsync());
        await migrator.SucceedAsync("status", "--check");
        await migrator.SucceedAsync("wait");

        await migrator.SucceedAsync("down", "--target", "orders", "--to", "0");

        Assert.Equal((int)ExitCode.Pending, (await migrator.RunAsync("status", "--check")).ExitCode);
        await migrator.SucceedAsync("status", "--check", "--target", "portico");
    }

    [Fact]
    public async Task A_number_means_a_migration_of_one_database()
    {
        var migrator = NewMigrator(out _);
        var last = SchemaTarget.Portico.Catalog.Migrations.Count;
        Assert.True(last > SchemaTarget.Orders.Catalog.Migrations.Count);

        var up = await migrator.SucceedAsync("up", "--to", $"{last}", "--json");
        Assert.False(up.Json.TryGetProperty("orders", out _));
        Assert.Equal(last, (await migrator.AppliedAsync()).Count);
        await migrator.SucceedAsync("up", "--to", "1", "--target", "orders");
        await migrator.SucceedAsync("status", "--check", "--target", "orders");
    }

    [Fact]
    public async Task Shows_every_database_also_when_the_first_is_behind()
    {
        var migrator = NewMigrator(out var orders);
        await migrator.SucceedAsync("up");
        await migrator.SucceedAsync("down", "--to", $"{SchemaTarget.Portico.Catalog.Migrations.Count - 1}");
        var status = await migrator.RunAsync("status", "--check", "--json");
        Assert.Equal((int)ExitCode.Pending, status.ExitCode);
        Assert.Equal(orders, status.Json.GetProperty("orders").GetProperty("database").GetString());

        await using (var database = await TestMigrator.OpenAsync(migrator.Settings["ConnectionStrings:OrdersMigrator"]!))
        {
            await using var change = new NpgsqlCommand(
                "SET ROLE orders_owner; UPDATE schema_migrations SET checksum = repeat('0', 64)", database);
            await change.ExecuteNonQueryAsync();
        }

        Assert.Equal((int)ExitCode.Drift, (await migrator.RunAsync("status", "--check")).ExitCode);
    }

    [Fact]
    public async Task Applies_and_reverts_every_migration_of_the_orders_service() =>
        await NewMigrator(out _).SucceedAsync("validate", "--target", "orders");

    [Fact]
    public async Task Refuses_a_target_that_does_not_fit()
    {
        var migrator = NewMigrator(out _);
        var unknown = await migrator.RunAsync("up", "--target", "nothing");
        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("--target must be portico or orders", unknown.Error, StringComparison.Ordinal);

        var purge = await migrator.RunAsync("purge", "--older-than", "90d", "--target", "orders");
        Assert.Equal(1, purge.ExitCode);
        Assert.Contains("purge works on the database of Portico only", purge.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gives_the_orders_service_no_more_rights_than_it_needs()
    {
        var migrator = NewMigrator(out _);
        await migrator.SucceedAsync("up", "--target", "orders");
        await using var database = NpgsqlDataSource.Create(migrator.Settings["ConnectionStrings:Orders"]!);
        string[] allowed = ["SELECT count(*) FROM products", "UPDATE orders SET status = 'placed'", "DELETE FROM refused_orders"];
        string[] refused =
        [
            "UPDATE products SET price = 1", "DELETE FROM orders", "UPDATE orders SET total = 1", "UPDATE order_lines SET quantity = 1",
            "DELETE FROM order_owners", "TRUNCATE orders", "CREATE TABLE mine ()", "SET ROLE orders_owner",
            "INSERT INTO currencies VALUES ('XXX', 2)", "DELETE FROM schema_migrations",
        ];

        foreach (var sql in allowed)
        {
            await using var command = database.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }

        foreach (var sql in refused)
        {
            await using var command = database.CreateCommand(sql);
            var refusal = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync());
            Assert.Equal((sql, PostgresErrorCodes.InsufficientPrivilege), (sql, refusal.SqlState));
        }

        // Neither program gets into the database of the other.
        await migrator.SucceedAsync("up");
        var stranger = new NpgsqlConnectionStringBuilder(migrator.Settings["ConnectionStrings:Orders"]) { Database = migrator.Database };
        Assert.Equal(
            PostgresErrorCodes.InsufficientPrivilege,
            (await Assert.ThrowsAsync<PostgresException>(() => TestMigrator.OpenAsync(stranger.ConnectionString))).SqlState);
    }

    private TestMigrator NewMigrator(out string orders)
    {
        var migrator = cluster.NewMigrator();
        orders = $"{migrator.Database}_orders";
        foreach (var (key, role) in ((string, string)[])[("OrdersMigrator", "orders_migrator"), ("Orders", "orders_app")])
        {
            migrator.Settings[$"ConnectionStrings:{key}"] =
                new NpgsqlConnectionStringBuilder(migrator.As(role, Password)) { Database = orders }.ConnectionString;
        }

        return migrator;
    }
}
