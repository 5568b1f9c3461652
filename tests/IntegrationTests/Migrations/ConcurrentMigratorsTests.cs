using Npgsql;
using Portico.DevStack;
using Portico.Infrastructure.Postgres.Migrations;
using Portico.Migrator.Commands;
using Portico.Testing;

namespace Portico.IntegrationTests.Migrations;

/// <summary>Each on a server that knows neither the roles nor the database.</summary>
public sealed class ConcurrentMigratorsTests : IAsyncLifetime
{
    private const int Count = 5;
    private LocalStack? _stack;

    private TestMigrator NewMigrator(string database = "portico") => new(_stack!.Postgres.ConnectionString, database);

    public async Task InitializeAsync() => _stack = await LocalStack.StartAsync(new LocalStackOptions { Servers = LocalServers.Postgres });

    public async Task DisposeAsync() => await _stack!.DisposeAsync();

    [Fact]
    public async Task Of_five_at_once_one_works_four_wait_and_all_end_well()
    {
        var migrator = NewMigrator();
        var results = await Task.WhenAll(StartFive(migrator, "up", "--json").Select(EndAsync));

        Assert.All(results, result => Assert.True(result.ExitCode == 0, result.Error));
        Assert.Equal(
            MigrationCatalog.BuiltIn.Migrations.Select(migration => migration.Id),
            results.SelectMany(result => result.Json.GetProperty("applied").EnumerateArray())
                .Select(applied => applied.GetProperty("id").GetInt32())
                .Order());
        Assert.Single(results, result => result.Json.GetProperty("applied").GetArrayLength() > 0);
        Assert.Single(results, result => result.Error.Contains("Created the database portico.", StringComparison.Ordinal));
        Assert.Equal(MigrationCatalog.BuiltIn.Migrations.Select(migration => migration.Id), await migrator.AppliedAsync());
    }

    [Fact]
    public async Task When_the_one_that_works_is_killed_another_takes_over_and_a_rerun_finds_nothing_to_do()
    {
        using var folder = new MigrationFolder()
            .WithTable("0001_a", "a")
            .With(
                "0002_b",
                "CREATE TABLE b ();\nALTER TABLE a ADD b integer;\nINSERT INTO a (id) VALUES (1);",
                "DROP TABLE b;\nALTER TABLE a DROP b;");
        var migrator = NewMigrator();
        await migrator.SucceedAsync(["up", "--to", "1", .. folder.Option]);
        await using var observer = await migrator.OpenAsync();
        await using var user = await migrator.OpenAsync();
        await using var transaction = await user.BeginTransactionAsync();
        await DatabaseServer.ExecuteAsync(user, "LOCK TABLE a IN ACCESS SHARE MODE", CancellationToken.None);

        var five = StartFive(migrator, ["up", "--json", "--statement-lock-timeout", "50s", .. folder.Option]);
        var first = await WorkingAsync(observer, except: "");
        await five.Single(process => process.Name == first).KillAsync();
        await WorkingAsync(observer, except: first);
        await transaction.RollbackAsync();

        var results = await Task.WhenAll(five.Where(process => process.Name != first).Select(EndAsync));
        Assert.All(results, result => Assert.True(result.ExitCode == 0, result.Error));
        Assert.Single(results, result => result.Json.GetProperty("applied").GetArrayLength() == 1);
        Assert.Equal([1, 2], await migrator.AppliedAsync());
        Assert.Equal(1, await migrator.AskAsync<long>("SELECT count(*) FROM a"));

        var rerun = await migrator.SucceedAsync(["up", "--json", .. folder.Option]);
        Assert.Equal(0, rerun.Json.GetProperty("applied").GetArrayLength());
        await migrator.SucceedAsync(["status", "--check", .. folder.Option]);
    }

    [Fact]
    public async Task Databases_made_at_once_on_one_server_share_its_roles()
    {
        var results = await Task.WhenAll(
            Enumerable.Range(1, Count).Select(number => Task.Run(() => NewMigrator($"portico_{number}").RunAsync("up"))));
        Assert.All(results, result => Assert.True(result.ExitCode == 0, result.Error));
    }

    [Fact]
    public async Task Waits_for_a_server_that_is_still_starting()
    {
        await _stack!.Postgres.StopAsync();
        using var process = NewMigrator().Start("early", "up", "--connect-timeout", "50s");
        await _stack.Postgres.RestartAsync();
        var result = await process.EndAsync();
        Assert.True(result.ExitCode == 0, result.Error);
    }

    private static MigratorProcess[] StartFive(TestMigrator migrator, params string[] args) =>
        [.. Enumerable.Range(1, Count).Select(number => migrator.Start($"migrator-{number}", args))];

    private static async Task<MigratorResult> EndAsync(MigratorProcess process)
    {
        using (process)
            return await process.EndAsync();
    }

    /// <summary>The name of the migrator that has the lock and waits, in the middle of its migration, for a table.</summary>
    private static async Task<string> WorkingAsync(NpgsqlConnection observer, string except)
    {
        var name = "";
        await Eventually.Holds(
            async () =>
            {
                name = await TestMigrator.AskAsync<string>(
                    observer,
                    """
                    SELECT coalesce(min(application_name), '') FROM pg_stat_activity
                    WHERE application_name LIKE 'migrator-%' AND application_name <> $1
                        AND wait_event_type = 'Lock' AND wait_event = 'relation'
                    """,
                    except);
                return name.Length > 0;
            },
            "a migrator works");
        return name;
    }
}
