namespace Portico.IntegrationTests.Migrations;

[Collection(MigratorCluster.Tests.Name)]
public sealed class DownTests(MigratorCluster cluster)
{
    private readonly TestMigrator _migrator = cluster.NewMigrator();

    [Fact]
    public async Task Takes_back_the_last_one_first_and_up_applies_them_again()
    {
        using var folder = new MigrationFolder()
            .WithTable("0001_a", "a")
            .With("0002_b", "ALTER TABLE a ADD b integer;", "ALTER TABLE a DROP b;")
            .WithTable("0003_c", "c");
        await _migrator.SucceedAsync(["up", .. folder.Option]);

        var down = await _migrator.SucceedAsync(["down", "--to", "1", "--json", .. folder.Option]);
        Assert.Equal([3, 2], down.Json.GetProperty("reverted").EnumerateArray().Select(row => row.GetProperty("id").GetInt32()));
        Assert.Equal([1], await _migrator.AppliedAsync());
        Assert.True(await _migrator.AskAsync<bool>("SELECT to_regclass('c') IS NULL"));

        await _migrator.SucceedAsync(["up", .. folder.Option]);
        Assert.Equal([1, 2, 3], await _migrator.AppliedAsync());
    }

    [Fact]
    public async Task Lets_go_of_a_file_that_has_changed_so_that_its_new_form_can_be_applied()
    {
        using var folder = new MigrationFolder().WithTable("0001_a", "a");
        await _migrator.SucceedAsync(["up", .. folder.Option]);
        folder.With("0001_a", "CREATE TABLE a (name text);", "DROP TABLE a;");

        await _migrator.SucceedAsync(["down", "--to", "0", .. folder.Option]);
        await _migrator.SucceedAsync(["up", .. folder.Option]);
        Assert.Equal(0, (await _migrator.RunAsync(["status", "--check", .. folder.Option])).ExitCode);
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("production ")]
    [InlineData("")]
    [InlineData(null)]
    public async Task Refuses_in_production_without_force(string? environment)
    {
        await _migrator.SucceedAsync("up");
        _migrator.Settings["DOTNET_ENVIRONMENT"] = environment;

        var refused = await _migrator.RunAsync("down", "--to", "0");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("--force", refused.Error, StringComparison.Ordinal);
        Assert.NotEmpty(await _migrator.AppliedAsync());

        await _migrator.SucceedAsync("down", "--to", "0", "--force");
        Assert.Empty(await _migrator.AppliedAsync());
    }

    [Fact]
    public async Task Refuses_what_only_a_newer_build_can_take_back()
    {
        using var newer = new MigrationFolder().WithTable("0001_a", "a").WithTable("0002_b", "b");
        using var older = new MigrationFolder().WithTable("0001_a", "a");
        await _migrator.SucceedAsync(["up", .. newer.Option]);

        Assert.Equal(4, (await _migrator.RunAsync(["down", "--to", "0", .. older.Option])).ExitCode);
        Assert.Equal([1, 2], await _migrator.AppliedAsync());
    }

    [Fact]
    public async Task Lets_each_event_of_a_group_wait_for_the_version_that_has_no_groups()
    {
        await _migrator.SucceedAsync("up");
        const string write =
            """
            INSERT INTO outbox (id, aggregate_type, aggregate_id, aggregate_version, type, data, occurred_at, group_id)
            SELECT id, 'Test', gen_random_uuid(), 1, 'tests.happened.v1', '{}', now(), group_id
            FROM (VALUES
                ('019aa000-0000-7000-8000-000000000001'::uuid, '019aa000-0000-7000-8000-000000000002'::uuid),
                ('019aa000-0000-7000-8000-000000000002', '019aa000-0000-7000-8000-000000000002'),
                ('019aa000-0000-7000-8000-000000000003', NULL)) AS events (id, group_id)
            """;
        const string waiting = "SELECT string_agg(right(id::text, 1), '' ORDER BY id) FROM outbox_waiting";
        await _migrator.AskAsync<object?>(write);
        Assert.Equal("3", await _migrator.AskAsync<string>(waiting));
        Assert.Equal(2, await _migrator.AskAsync<int>("SELECT size FROM outbox_groups"));

        await _migrator.SucceedAsync("down", "--to", "41");
        Assert.Equal("123", await _migrator.AskAsync<string>(waiting));

        await _migrator.SucceedAsync("up");
        Assert.Equal("123", await _migrator.AskAsync<string>(waiting));
    }

    [Fact]
    public async Task Must_be_told_how_far() => Assert.Equal(1, (await _migrator.RunAsync("down")).ExitCode);
}
