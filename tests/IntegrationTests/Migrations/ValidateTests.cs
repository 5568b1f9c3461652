using Portico.Migrator;

namespace Portico.IntegrationTests.Migrations;

[Collection(MigratorCluster.Tests.Name)]
public sealed class ValidateTests(MigratorCluster cluster)
{
    private readonly TestMigrator _migrator = cluster.NewMigrator();

    [Fact]
    public async Task The_migrations_of_this_build_go_up_and_down_and_make_what_EF_expects()
    {
        var result = await _migrator.RunAsync("validate", "--json");
        Assert.Empty(result.Strings("differences"));
        Assert.Equal(0, result.ExitCode);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task Names_each_table_that_EF_expects_and_the_migrations_do_not_make()
    {
        using var folder = new MigrationFolder().WithTable("0001_a", "a");
        var result = await _migrator.RunAsync(["validate", .. folder.Option]);
        Assert.Equal(4, result.ExitCode);
        Assert.Contains("users: the EF model has this table, the SQL has not.", result.Output, StringComparison.Ordinal);
        await NothingIsLeftAsync();
    }

    [Theory]
    [InlineData("CREATE TABLE b ();", "SELECT 1;", "left behind: relation b ")]
    [InlineData("SELECT 1;", "DROP TABLE a;", "gone: relation a ")]
    [InlineData("ALTER TABLE a ADD b integer;", "SELECT 1;", "left behind: column a.b integer")]
    [InlineData("ALTER TABLE a ALTER id SET DEFAULT 1;", "SELECT 1;", "left behind: column a.id integer NOT NULL DEFAULT 1")]
    [InlineData("ALTER TABLE a ADD CHECK (id > 0);", "SELECT 1;", "left behind: constraint a_id_check on a")]
    [InlineData("CREATE INDEX i ON a (id);", "SELECT 1;", "left behind: index CREATE INDEX i ")]
    [InlineData("CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';", "SELECT 1;", "left behind: routine f() ")]
    [InlineData("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f();", "SELECT 1;", "left behind: trigger ")]
    [InlineData("CREATE VIEW v AS SELECT 1 AS one;", "SELECT 1;", "left behind: relation v ")]
    [InlineData("CREATE TYPE mood AS ENUM ('good');", "SELECT 1;", "left behind: type mood ")]
    [InlineData("CREATE SEQUENCE s;", "SELECT 1;", "left behind: sequence s ")]
    [InlineData("CREATE SCHEMA s;", "SELECT 1;", "left behind: schema s ")]
    [InlineData("ALTER TABLE a ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON a USING (true);", "SELECT 1;", "left behind: policy p ")]
    [InlineData("GRANT INSERT ON a TO portico_app;", "SELECT 1;", "portico_app=a/portico_owner")]
    [InlineData("COMMENT ON TABLE a IS 'x';", "SELECT 1;", "left behind: comment on table a: x")]
    [InlineData("CREATE EXTENSION pgcrypto;", "SELECT 1;", "left behind: extension pgcrypto ")]
    public async Task Names_what_a_way_back_does_not_restore(string up, string down, string expected)
    {
        using var folder = new MigrationFolder().WithTable("0001_a", "a").With("0002_b", up, down);
        var result = await _migrator.RunAsync(["validate", "--json", .. folder.Option]);
        Assert.Equal(4, result.ExitCode);
        Assert.Contains(result.Strings("differences"), difference => difference.StartsWith("0002_b.down.sql: ", StringComparison.Ordinal) && difference.Contains(expected, StringComparison.Ordinal));
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task Drops_its_databases_when_a_migration_fails()
    {
        using var folder = new MigrationFolder().WithTable("0001_a", "a").With("0002_b", "SELECT wrong;", "SELECT 1;");
        var result = await _migrator.RunAsync(["validate", .. folder.Option]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("0002_b.up.sql line 1: 42703", result.Error, StringComparison.Ordinal);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task Drops_the_databases_of_a_validation_that_was_killed()
    {
        await using (var connection = await cluster.OpenAsync())
            await DatabaseServer.ExecuteAsync(connection, "CREATE DATABASE portico_scratch_20200101000000_killed", CancellationToken.None);
        await _migrator.SucceedAsync("validate");
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task Needs_a_role_that_may_make_databases()
    {
        _migrator.Settings.Remove("ConnectionStrings:Bootstrap");
        var result = await _migrator.RunAsync("validate");
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("ConnectionStrings:Bootstrap is missing", result.Error, StringComparison.Ordinal);
    }

    private async Task NothingIsLeftAsync()
    {
        await using var connection = await cluster.OpenAsync();
        Assert.Equal(0, await TestMigrator.AskAsync<long>(connection, "SELECT count(*) FROM pg_database WHERE datname ^@ 'portico_scratch_'"));
    }
}
