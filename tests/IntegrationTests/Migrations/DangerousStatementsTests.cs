using Portico.Infrastructure.Postgres.Migrations;
using Portico.Migrator.Commands;
using Portico.Migrator.Schema;

namespace Portico.IntegrationTests.Migrations;

public sealed class DangerousStatementsTests
{
    [Theory]
    [InlineData("index", "CREATE INDEX a_idx ON users (name);")]
    [InlineData("index", "create unique index if not exists a_idx on only users (name);")]
    [InlineData("drop-index", "DROP INDEX a_idx;")]
    [InlineData("concurrently", "CREATE INDEX CONCURRENTLY a_idx ON users (name);")]
    [InlineData("rewrite", "ALTER TABLE users ALTER COLUMN name TYPE varchar(10);")]
    [InlineData("rewrite", "ALTER TABLE users ADD COLUMN n bigserial;")]
    [InlineData("rewrite", "ALTER TABLE users ADD COLUMN n uuid DEFAULT gen_random_uuid();")]
    [InlineData("rewrite", "ALTER TABLE users ADD n integer GENERATED ALWAYS AS (a + 1) STORED;")]
    [InlineData("rewrite", "ALTER TABLE users SET UNLOGGED;")]
    [InlineData("rewrite", "CLUSTER users;")]
    [InlineData("rewrite", "REINDEX TABLE users;")]
    [InlineData("not-null", "ALTER TABLE users ALTER name SET NOT NULL;")]
    [InlineData("not-null", "ALTER TABLE users ADD COLUMN n integer NOT NULL;")]
    [InlineData("check", "ALTER TABLE users ADD CONSTRAINT a CHECK (n > 0);")]
    [InlineData("check", "ALTER TABLE users ADD FOREIGN KEY (n) REFERENCES others (id);")]
    [InlineData("check", "ALTER TABLE users ADD COLUMN n integer CHECK (n > 0);")]
    [InlineData("check", "ALTER TABLE users ADD COLUMN n integer REFERENCES others (id);")]
    [InlineData("validate", "ALTER TABLE users ADD CONSTRAINT a CHECK (n > 0) NOT VALID; ALTER TABLE users VALIDATE CONSTRAINT a;")]
    [InlineData("validate", "ALTER TABLE users ADD CONSTRAINT a CHECK (n > 0) NOT VALID, VALIDATE CONSTRAINT a;")]
    [InlineData("unique", "ALTER TABLE users ADD CONSTRAINT a UNIQUE (name);")]
    [InlineData("unique", "ALTER TABLE users ADD COLUMN n integer UNIQUE;")]
    [InlineData("unique", "ALTER TABLE users ADD PRIMARY KEY (id);")]
    [InlineData("drop-column", "ALTER TABLE users DROP COLUMN name;")]
    [InlineData("drop-column", "ALTER TABLE users ADD COLUMN n integer, DROP name;")]
    [InlineData("drop-table", "DROP TABLE IF EXISTS users;")]
    [InlineData("rename", "ALTER TABLE users RENAME TO people;")]
    [InlineData("rename", "ALTER TABLE users RENAME name TO title;")]
    [InlineData("data", "UPDATE users SET name = '';")]
    [InlineData("data", "DELETE FROM ledger.accounts;")]
    [InlineData("data", "WITH old AS (SELECT id FROM users) UPDATE users SET name = '' FROM old WHERE users.id = old.id;")]
    [InlineData("data", "WITH gone AS (DELETE FROM users RETURNING id) INSERT INTO roles SELECT id FROM gone;")]
    [InlineData("lock", "LOCK TABLE users;")]
    [InlineData("lock", "TRUNCATE users;")]
    public void Finds_what_stops_or_breaks_running_servers(string rule, string sql)
    {
        Assert.Equal([rule], Find(sql).Select(statement => statement.Rule));
        Assert.Empty(Find($"-- migrator: allow {rule}: the table is empty everywhere\n{sql}"));
    }

    [Theory]
    [InlineData("CREATE TABLE users (id integer PRIMARY KEY CHECK (id > 0)); CREATE INDEX ON users (id); UPDATE public.users SET id = 1;")]
    [InlineData("CREATE TABLE \"ledger\".a (id integer); ALTER TABLE ledger.a ADD CONSTRAINT b UNIQUE (id), ALTER id SET NOT NULL;")]
    [InlineData("ALTER TABLE users ADD COLUMN n integer;")]
    [InlineData("ALTER TABLE users ADD COLUMN n integer NOT NULL DEFAULT 0;")]
    [InlineData("ALTER TABLE users ADD COLUMN n timestamptz DEFAULT now();")]
    [InlineData("ALTER TABLE users ADD CONSTRAINT a CHECK (n IN (1, 2)) NOT VALID;")]
    [InlineData("ALTER TABLE users VALIDATE CONSTRAINT a;")]
    [InlineData("ALTER TABLE users ADD CONSTRAINT a UNIQUE USING INDEX a_idx;")]
    [InlineData("ALTER TABLE users DROP CONSTRAINT a, RENAME CONSTRAINT b TO c, ALTER n SET DEFAULT 1, ALTER m DROP NOT NULL;")]
    [InlineData("ALTER TABLE users SET (fillfactor = 50);")]
    [InlineData("-- migrator: no-transaction\nDROP INDEX CONCURRENTLY IF EXISTS a; CREATE INDEX CONCURRENTLY a ON users (n);")]
    [InlineData("GRANT UPDATE, DELETE ON users TO portico_app; INSERT INTO roles VALUES ('DROP TABLE users');")]
    [InlineData("CREATE TABLE a (id integer); WITH b AS (DELETE FROM a RETURNING id) UPDATE a SET id = 1;")]
    [InlineData("WITH a AS (SELECT id FROM users FOR NO KEY UPDATE OF users) SELECT id FROM a;")]
    [InlineData("WITH a AS (SELECT 1 AS id) INSERT INTO roles SELECT id FROM a ON CONFLICT (id) DO UPDATE SET id = 1;")]
    [InlineData("/* DROP TABLE users; */ CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ DELETE FROM users $$; -- LOCK TABLE users;")]
    public void Allows_what_runs_beside_servers(string sql) => Assert.Empty(Find(sql));

    [Fact]
    public void Names_the_file_and_the_line()
    {
        var found = Assert.Single(Find("SELECT 1;\n\n-- why\nDROP TABLE users;"));

        Assert.StartsWith("0001_a.up.sql line 4: ", found.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-- migrator: allow index\nCREATE INDEX ON users (id);", "The remark gives no reason")]
    [InlineData("-- migrator: allow index: no\nCREATE INDEX ON users (id);", "The remark gives no reason")]
    [InlineData("-- migrator: allow everything: we are brave people\nSELECT 1;", "'everything' is no rule")]
    [InlineData("-- migrator: allow index: the table is empty\nSELECT 1;", "Nothing in the file needs the remark")]
    public void Refuses_a_remark_that_says_nothing(string sql, string problem) =>
        Assert.Contains(Find(sql), found => found.Problem.Contains(problem, StringComparison.Ordinal));

    [Fact]
    public void Every_migration_of_this_build_is_safe_or_says_why_not()
    {
        var migrations = MigrationCatalog.BuiltIn.Migrations.Concat(SchemaTarget.Orders.Catalog.Migrations);

        Assert.Empty(migrations.SelectMany(migration => DangerousStatements.Find(migration.Up)).Select(found => found.ToString()));
    }

    private static IReadOnlyList<DangerousStatement> Find(string sql) => DangerousStatements.Find(
        MigrationCatalog.Load([("0001_a.up.sql", sql), ("0001_a.down.sql", "")]).Migrations[0].Up);
}
