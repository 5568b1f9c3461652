using Portico.Infrastructure.Postgres.Migrations;

namespace Portico.Application.UnitTests.Postgres;

public sealed class MigrationCatalogTests
{
    [Fact]
    public void This_build_carries_its_migrations()
    {
        Assert.Equal("0001_foundation", MigrationCatalog.BuiltIn.Migrations[0].FullName);
        Assert.All(MigrationCatalog.BuiltIn.Migrations, migration =>
        {
            Assert.NotEmpty(migration.Up.Sql);
            Assert.NotEmpty(migration.Down.Sql);
        });
    }

    [Fact]
    public void Orders_migrations_by_id_whatever_the_order_of_files()
    {
        var catalog = Load(("0002_b.down.sql", "d2"), ("0001_a.up.sql", "u1"), ("0002_b.up.sql", "u2"), ("0001_a.down.sql", "d1"));

        Assert.Equal(["0001_a", "0002_b"], catalog.Migrations.Select(migration => migration.FullName));
        Assert.Equal(("u2", "d2"), (catalog.Migrations[1].Up.Sql, catalog.Migrations[1].Down.Sql));
    }

    [Fact]
    public void Finds_a_migration_by_its_id_only()
    {
        var catalog = Load(("0001_a.up.sql", ""), ("0001_a.down.sql", ""));

        Assert.Equal("a", catalog.Find(1)!.Name);
        Assert.Null(catalog.Find(0));
        Assert.Null(catalog.Find(-1));
        Assert.Null(catalog.Find(2));
    }

    [Theory]
    [InlineData("0001_a.sql")]
    [InlineData("1_a.up.sql")]
    [InlineData("0001_A.up.sql")]
    [InlineData("0001_.up.sql")]
    [InlineData("0001-a.up.sql")]
    [InlineData("0001_a.up.sql.bak")]
    [InlineData("0001_a.up.sql\n")]
    public void Refuses_a_file_that_is_named_otherwise(string name) => ProducesErrors(name.Trim(), (name, ""));

    [Fact]
    public void Refuses_a_gap() => ProducesErrors(
        "Migration 0002 is missing before 0003_c", ("0001_a.up.sql", ""), ("0001_a.down.sql", ""), ("0003_c.up.sql", ""),
        ("0003_c.down.sql", ""));

    [Fact]
    public void Refuses_to_begin_at_zero() => ProducesErrors("0000_a", ("0000_a.up.sql", ""), ("0000_a.down.sql", ""));

    [Fact]
    public void Refuses_an_id_that_is_taken_twice() => ProducesErrors(
        "0001_a.up.sql, 0001_b.up.sql", ("0001_a.up.sql", ""), ("0001_b.up.sql", ""), ("0001_a.down.sql", ""));

    [Fact]
    public void Refuses_a_way_up_without_its_way_down()
    {
        ProducesErrors("0001_a.up.sql lacks its counterpart", ("0001_a.up.sql", ""));
        ProducesErrors("0001_a.down.sql lacks its counterpart", ("0001_a.down.sql", ""));
        ProducesErrors("lacks its counterpart", ("0001_a.up.sql", ""), ("0001_b.down.sql", ""));
    }

    [Theory]
    [InlineData("SELECT 1;", true)]
    [InlineData("", true)]
    [InlineData("-- A comment\n-- migrator: no-transaction\n", true)]
    [InlineData("-- migrator: no-transaction", false)]
    [InlineData("-- migrator: no-transaction\r\nCREATE INDEX CONCURRENTLY x ON y (z);", false)]
    public void Runs_in_a_transaction_unless_the_first_line_says_otherwise(string sql, bool inTransaction) =>
        Assert.Equal(inTransaction, Load(("0001_a.up.sql", sql), ("0001_a.down.sql", "")).Migrations[0].Up.InTransaction);

    [Fact]
    public void Refuses_a_directive_that_it_does_not_know() =>
        ProducesErrors(
            "0001_a.up.sql: 'notransaction' is no directive", ("0001_a.up.sql", "-- migrator: notransaction\n"), ("0001_a.down.sql", ""));

    [Fact]
    public void The_checksum_is_of_the_way_up_whatever_the_line_ends()
    {
        var checksum = Load(("0001_a.up.sql", "a\nb\n"), ("0001_a.down.sql", "")).Migrations[0].Checksum;

        Assert.Matches("^[0-9a-f]{64}$", checksum);
        Assert.Equal(checksum, Load(("0001_a.up.sql", "a\r\nb\r\n"), ("0001_a.down.sql", "other")).Migrations[0].Checksum);
        Assert.NotEqual(checksum, Load(("0001_a.up.sql", "a\nb\n "), ("0001_a.down.sql", "")).Migrations[0].Checksum);
    }

    private static MigrationCatalog Load(params (string FileName, string Sql)[] files) => MigrationCatalog.Load(files);

    private static void ProducesErrors(string part, params (string FileName, string Sql)[] files) =>
        Assert.Contains(part, Assert.Throws<InvalidDataException>(() => Load(files)).Message, StringComparison.Ordinal);
}
