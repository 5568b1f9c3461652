using Portico.Migrator.Commands;

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

    [Fact]
    public async Task Names_whatever_a_way_back_leaves_behind()
    {
        (string Up, string Expected)[] objects =
        [
            ("CREATE TABLE b ();", "relation b "),
            ("ALTER TABLE a ADD c integer;", "column a.c integer"),
            ("ALTER TABLE a ALTER id SET DEFAULT 1;", "column a.id integer NOT NULL DEFAULT 1"),
            ("-- migrator: allow check: the table is empty\nALTER TABLE a ADD CHECK (id > 0);", "constraint a_id_check on a"),
            ("-- migrator: allow index: the table is empty\nCREATE INDEX i ON a (id);", "index CREATE INDEX i "),
            ("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END';", "routine f() "),
            ("CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f();", "trigger CREATE TRIGGER t "),
            ("CREATE RULE r AS ON DELETE TO a DO INSTEAD NOTHING;", "rule CREATE RULE r "),
            ("CREATE VIEW v AS SELECT 1 AS one;", "relation v "),
            ("CREATE TYPE mood AS ENUM ('good');", "type mood "),
            ("CREATE DOMAIN short AS text CHECK (length(value) < 9);", "constraint short_check on short"),
            ("CREATE SEQUENCE s;", "sequence s "),
            ("CREATE SCHEMA elsewhere;", "schema elsewhere "),
            ("ALTER TABLE a ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON a USING (true);", "policy p "),
            ("GRANT INSERT ON a TO portico_app;", "portico_app=a/portico_owner"),
            ("ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO portico_app;", "default rights of portico_owner in  on r"),
            ("COMMENT ON TABLE a IS 'x';", "comment on table a: x"),
            ("CREATE EXTENSION pgcrypto;", "extension pgcrypto "),
        ];
        using var folder = new MigrationFolder()
            .WithTable("0001_a", "a")
            .With("0002_b", string.Join('\n', objects.Select(made => made.Up)), "SELECT 1;");
        var result = await _migrator.RunAsync(["validate", "--json", .. folder.Option]);
        Assert.Equal(4, result.ExitCode);

        var differences = result.Strings("differences");
        Assert.All(objects, made => Assert.Contains(
            differences,
            difference =>
                difference.StartsWith("0002_b.down.sql: left behind: ", StringComparison.Ordinal)
                    && difference.Contains(made.Expected, StringComparison.Ordinal)));
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task Names_what_a_way_back_takes_that_was_not_its_own()
    {
        using var folder = new MigrationFolder().WithTable("0001_a", "a").With("0002_b", "SELECT 1;", "DROP TABLE a;");
        var result = await _migrator.RunAsync(["validate", "--json", .. folder.Option]);
        Assert.Equal(4, result.ExitCode);
        Assert.Contains(
            result.Strings("differences"),
            difference => difference.StartsWith("0002_b.down.sql: gone: relation a ", StringComparison.Ordinal));
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
        Assert.Equal(
            0, await TestMigrator.AskAsync<long>(connection, "SELECT count(*) FROM pg_database WHERE datname ^@ 'portico_scratch_'"));
    }
}
