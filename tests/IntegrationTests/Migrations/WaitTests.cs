namespace Portico.IntegrationTests.Migrations;

[Collection(MigratorCluster.Tests.Name)]
public sealed class WaitTests(MigratorCluster cluster)
{
    private readonly TestMigrator _migrator = cluster.NewMigrator();

    [Fact]
    public async Task Ends_when_another_has_made_the_database_and_applied_everything()
    {
        var wait = _migrator.RunAsync("wait", "--timeout", "50s");
        await _migrator.SucceedAsync("up");
        Assert.Equal(0, (await wait).ExitCode);
    }

    [Fact]
    public async Task Ends_with_2_when_something_is_still_pending()
    {
        using var folder = new MigrationFolder().WithTable("0001_a", "a").WithTable("0002_b", "b");
        await _migrator.SucceedAsync(["up", "--to", "1", .. folder.Option]);
        var result = await _migrator.RunAsync(["wait", "--timeout", "1ms", .. folder.Option]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("0002_b", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ends_with_1_when_the_database_does_not_come() =>
        Assert.Equal(1, (await _migrator.RunAsync("wait", "--timeout", "1ms")).ExitCode);

    [Fact]
    public async Task What_a_newer_build_has_applied_does_not_hold_it_up()
    {
        using var newer = new MigrationFolder().WithTable("0001_a", "a").WithTable("0002_b", "b");
        using var older = new MigrationFolder().WithTable("0001_a", "a");
        await _migrator.SucceedAsync(["up", .. newer.Option]);
        await _migrator.SucceedAsync(["wait", "--timeout", "1ms", .. older.Option]);
    }

    [Fact]
    public async Task Does_not_wait_for_an_applied_file_that_has_changed()
    {
        using var folder = new MigrationFolder().WithTable("0001_a", "a");
        await _migrator.SucceedAsync(["up", .. folder.Option]);
        folder.WithTable("0001_a", "another");
        Assert.Equal(4, (await _migrator.RunAsync(["wait", "--timeout", "1h", .. folder.Option])).ExitCode);
    }
}
