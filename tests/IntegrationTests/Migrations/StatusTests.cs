using Npgsql;
using Portico.Infrastructure.Postgres.Migrations;

namespace Portico.IntegrationTests.Migrations;

[Collection(MigratorCluster.Tests.Name)]
public sealed class StatusTests(MigratorCluster cluster)
{
    private readonly TestMigrator _migrator = cluster.NewMigrator();

    [Fact]
    public async Task Ends_with_0_when_all_is_applied()
    {
        var migrator = await cluster.MigratedAsync();
        Assert.Equal(0, (await migrator.RunAsync("status", "--check")).ExitCode);
    }

    [Fact]
    public async Task Ends_with_2_when_something_is_pending_and_is_asked_to_check()
    {
        using var folder = new MigrationFolder().WithTable("0001_a", "a").WithTable("0002_b", "b");
        await _migrator.SucceedAsync(["up", "--to", "1", .. folder.Option]);

        var result = await _migrator.RunAsync(["status", "--check", "--json", .. folder.Option]);
        Assert.Equal(2, result.ExitCode);
        Assert.Equal(["0002_b"], result.Strings("pending"));
        Assert.Equal(0, (await _migrator.RunAsync(["status", .. folder.Option])).ExitCode);
    }

    [Fact]
    public async Task Ends_with_4_when_an_applied_file_has_changed_and_names_it()
    {
        using var folder = new MigrationFolder().WithTable("0001_a", "a").WithTable("0002_b", "b");
        await _migrator.SucceedAsync(["up", "--to", "1", .. folder.Option]);
        folder.WithTable("0001_a", "another");

        var result = await _migrator.RunAsync(["status", "--check", "--json", .. folder.Option]);
        Assert.Equal(4, result.ExitCode);
        Assert.Equal(["0001_a"], result.Strings("changed"));
        Assert.StartsWith("0001_a has changed", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ends_with_4_when_a_newer_build_was_here()
    {
        using var newer = new MigrationFolder().WithTable("0001_a", "a").WithTable("0002_b", "b");
        using var older = new MigrationFolder().WithTable("0001_a", "a");
        await _migrator.SucceedAsync(["up", .. newer.Option]);

        var result = await _migrator.RunAsync(["status", "--check", "--json", .. older.Option]);
        Assert.Equal(4, result.ExitCode);
        Assert.Equal(["0002_b"], result.Strings("unknown"));
    }

    [Fact]
    public async Task Shows_a_person_each_migration_and_its_state()
    {
        using var folder = new MigrationFolder().WithTable("0001_a", "a").WithTable("0002_b", "b");
        await _migrator.SucceedAsync(["up", "--to", "1", .. folder.Option]);

        var output = (await _migrator.SucceedAsync(["status", .. folder.Option])).Output;
        Assert.Matches(@"0001_a\s+applied\s+\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\s+portico_migrator", output);
        Assert.Matches(@"0002_b\s+pending", output);
    }

    [Fact]
    public async Task Is_read_as_the_application_too()
    {
        var migrator = await cluster.MigratedAsync();
        migrator.Settings.Remove("ConnectionStrings:Bootstrap");
        migrator.Settings.Remove("ConnectionStrings:Migrator");
        await migrator.SucceedAsync("status", "--check");
    }

    [Fact]
    public async Task Everything_is_pending_in_a_database_without_history()
    {
        await using var connection = await cluster.OpenAsync();
        var state = await SchemaStatus.ReadAsync(connection, MigrationCatalog.BuiltIn, CancellationToken.None);
        Assert.Equal(MigrationCatalog.BuiltIn.Migrations, state.Pending);
    }

    [Fact]
    public async Task Tells_in_one_line_without_password_or_trace_that_the_server_is_away()
    {
        _migrator.Settings["ConnectionStrings:Migrator"] =
            new NpgsqlConnectionStringBuilder(_migrator.Settings["ConnectionStrings:Migrator"]) { Port = 1 }.ConnectionString;
        var result = await _migrator.RunAsync("status", "--connect-timeout", "1ms");
        Assert.Equal(1, result.ExitCode);
        Assert.Matches(@"\APostgreSQL at 127\.0\.0\.1:1 cannot be reached: [^\n]*refused[^\n]*\n\z", result.Error);
        Assert.DoesNotContain(TestMigrator.MigratorPassword, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tells_in_one_line_that_the_password_is_wrong()
    {
        var migrator = await cluster.MigratedAsync();
        migrator.Settings["ConnectionStrings:Migrator"] = migrator.As("portico_migrator", "not this one");
        var result = await migrator.RunAsync("status");
        Assert.Equal(1, result.ExitCode);
        Assert.Matches(@"\APostgreSQL at 127\.0\.0\.1:\d+ refuses ConnectionStrings:Migrator: 28P01: [^\n]*\n\z", result.Error);
        Assert.DoesNotContain("not this one", result.Error, StringComparison.Ordinal);
    }
}
