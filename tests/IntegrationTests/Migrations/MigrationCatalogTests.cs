using Portico.Infrastructure.Postgres.Migrations;

namespace Portico.IntegrationTests.Migrations;

public sealed class MigrationCatalogTests
{
    [Fact]
    public void This_build_has_migrations_numbered_from_one_without_gaps() =>
        Assert.Equal(
            Enumerable.Range(1, MigrationCatalog.BuiltIn.Migrations.Count),
            MigrationCatalog.BuiltIn.Migrations.Select(migration => migration.Id));

    [Fact]
    public void The_first_migration_of_this_build_is_the_foundation() =>
        Assert.Equal("0001_foundation", MigrationCatalog.BuiltIn.Migrations[0].FullName);

    [Fact]
    public void Orders_by_id_whatever_the_order_of_the_files()
    {
        var catalog = MigrationCatalog.Load([.. Pair("0002_b"), .. Pair("0001_a")]);
        Assert.Equal("0001_a 0002_b", string.Join(' ', catalog.Migrations.Select(migration => migration.FullName)));
    }

    [Fact]
    public void The_checksum_does_not_depend_on_line_ends_but_on_every_other_character()
    {
        var unix = Only("SELECT 1;\nSELECT 2;\n");
        Assert.Equal(unix.Checksum, Only("SELECT 1;\r\nSELECT 2;\r\n").Checksum);
        Assert.NotEqual(unix.Checksum, Only("SELECT 1;\nSELECT 2; \n").Checksum);
    }

    [Fact]
    public void The_first_line_takes_a_file_out_of_its_transaction()
    {
        Assert.False(Only("-- migrator: no-transaction\nSELECT 1;").Up.InTransaction);
        Assert.True(Only("SELECT 1;\n-- migrator: no-transaction").Up.InTransaction);
    }

    [Theory]
    [InlineData("0001_a.up.sql 0001_a.down.sql 0003_c.up.sql 0003_c.down.sql", "Migration 0002 is missing before 0003_c")]
    [InlineData("0001_a.up.sql 0001_a.down.sql 0001_b.up.sql 0001_b.down.sql", "Id 0001 is taken twice")]
    [InlineData("0001_a.up.sql", "0001_a.up.sql lacks its counterpart")]
    [InlineData("0001_a.up.sql 0001_b.down.sql", "0001_a.up.sql lacks its counterpart")]
    [InlineData("0002_a.up.sql 0002_a.down.sql", "Migration 0001 is missing before 0002_a")]
    [InlineData("1_a.up.sql", "1_a.up.sql is not named like")]
    [InlineData("0001_A.up.sql", "0001_A.up.sql is not named like")]
    public void Refuses_files_that_are_no_sequence(string files, string reason)
    {
        var failure = Assert.Throws<InvalidDataException>(
            () => MigrationCatalog.Load(files.Split(' ').Select(file => (file, "SELECT 1;"))));
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_directive_that_it_does_not_know()
    {
        var failure = Assert.Throws<InvalidDataException>(() => Only("-- migrator: no-transactions\nSELECT 1;"));
        Assert.Contains("0001_a.up.sql: 'no-transactions'", failure.Message, StringComparison.Ordinal);
    }

    private static Migration Only(string up) =>
        MigrationCatalog.Load([("0001_a.up.sql", up), ("0001_a.down.sql", "SELECT 1;")]).Migrations[0];

    private static (string, string)[] Pair(string name) => [($"{name}.up.sql", "SELECT 1;"), ($"{name}.down.sql", "SELECT 1;")];
}
