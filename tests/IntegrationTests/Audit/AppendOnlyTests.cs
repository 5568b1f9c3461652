using Npgsql;
using Portico.IntegrationTests.Migrations;
using Portico.Migrator.Commands;

namespace Portico.IntegrationTests.Audit;

[Collection(MigratorCluster.Tests.Name)]
public sealed class AppendOnlyTests(MigratorCluster cluster)
{
    private const string Insert =
        "INSERT INTO audit_log (id, at, subject_type, subject_id, action) VALUES (gen_random_uuid(), now(), 'user', 'x', 'user.blocked')";

    [Theory]
    [InlineData("UPDATE audit_log SET actor = NULL")]
    [InlineData("UPDATE audit_log SET actor = NULL WHERE false")]
    [InlineData("DELETE FROM audit_log")]
    [InlineData("TRUNCATE audit_log")]
    [InlineData("INSERT INTO audit_log SELECT * FROM audit_log ON CONFLICT (id) DO UPDATE SET actor = NULL")]
    [InlineData("ALTER TABLE audit_log DISABLE TRIGGER ALL; DELETE FROM audit_log", true)]
    [InlineData("ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only", true)]
    public async Task No_role_of_the_application_changes_or_removes_a_row(string sql, bool ownerMay = false)
    {
        var migrator = await cluster.MigratedAsync();
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, await RefusalAsync(migrator.AsApp(), sql));
        await using var superuser = await migrator.OpenAsync();
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, await RefusalAsync(superuser, $"SET ROLE portico_readonly; {sql}"));
        if (ownerMay)
            return;

        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, await RefusalAsync(migrator.Settings["ConnectionStrings:Migrator"]!, sql));
        Assert.Equal(
            PostgresErrorCodes.InsufficientPrivilege,
            await RefusalAsync(migrator.Settings["ConnectionStrings:Migrator"]!, $"SET ROLE portico_owner; {sql}"));
        await DatabaseServer.ExecuteAsync(superuser, "RESET ROLE", default);
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, await RefusalAsync(superuser, $"{Insert}; {sql}"));
        // As replication applies changes, which passes by ordinary triggers.
        Assert.Equal(
            PostgresErrorCodes.InsufficientPrivilege, await RefusalAsync(superuser, $"SET session_replication_role = replica; {sql}"));
    }

    [Fact]
    public async Task The_application_adds_and_reads()
    {
        var migrator = await cluster.MigratedAsync();
        Assert.Null(await RefusalAsync(migrator.AsApp(), Insert));
        Assert.Null(await RefusalAsync(migrator.AsApp(), "SELECT count(*) FROM audit_log"));
    }

    [Theory]
    [InlineData("WHERE actor = '01a1fc7e-0000-0000-0000-000000000000'", "audit_log_actor_idx")]
    [InlineData("WHERE subject_id = 'x'", "audit_log_subject_idx")]
    [InlineData("WHERE action = 'user.blocked'", "audit_log_action_idx")]
    [InlineData("WHERE id >= '01a1fc7e-0000-0000-0000-000000000000' AND id < '01a1fc7f-0000-0000-0000-000000000000'", "audit_log_pkey")]
    [InlineData("", "audit_log_pkey")]
    public async Task Each_filter_has_an_index_that_gives_the_newest_first(string filter, string index)
    {
        await using var connection = await TestMigrator.OpenAsync((await cluster.MigratedAsync()).AsApp());
        // An empty table is read whole; whether the index can serve is what counts.
        await DatabaseServer.ExecuteAsync(
            connection, "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off", default);
        await using var command = new NpgsqlCommand(
            $"EXPLAIN (COSTS OFF) SELECT * FROM audit_log {filter} ORDER BY id DESC LIMIT 21", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var plan = "";
        while (await reader.ReadAsync())
            plan += reader.GetString(0) + "\n";
        Assert.Contains($"Index Scan Backward using {index}", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Sort", plan, StringComparison.Ordinal);
    }

    private static async Task<string?> RefusalAsync(string connectionString, string sql)
    {
        await using var connection = await TestMigrator.OpenAsync(connectionString);
        return await RefusalAsync(connection, sql);
    }

    private static async Task<string?> RefusalAsync(NpgsqlConnection connection, string sql)
    {
        try
        {
            await DatabaseServer.ExecuteAsync(connection, sql, default);
            return null;
        }
        catch (PostgresException error)
        {
            return error.SqlState;
        }
    }
}
