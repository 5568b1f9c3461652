using System.Globalization;
using Npgsql;
using Portico.DevStack;
using Portico.Infrastructure.Postgres.Migrations;
using Portico.Migrator.Commands;
using Portico.Migrator.Schema;
using Portico.Testing;

namespace Portico.IntegrationTests.Migrations;

[Collection(MigratorCluster.Tests.Name)]
public sealed class UpTests(MigratorCluster cluster)
{
    private readonly TestMigrator _migrator = cluster.NewMigrator();

    [Fact]
    public async Task Makes_the_database_and_applies_every_migration_of_this_build()
    {
        await _migrator.SucceedAsync("up");
        Assert.Equal(MigrationCatalog.BuiltIn.Migrations.Select(migration => migration.Id), await _migrator.AppliedAsync());
    }

    [Fact]
    public async Task Refuses_a_dangerous_statement_without_a_reason_before_it_changes_anything()
    {
        using var folder = new MigrationFolder()
            .WithTable("0001_a", "a")
            .With("0002_b", "DROP TABLE a;\n", "CREATE TABLE a (id integer PRIMARY KEY);\n");

        var result = await _migrator.RunAsync(["up", .. folder.Option]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("0002_b.up.sql line 1", result.Error, StringComparison.Ordinal);
        Assert.Contains("-- migrator: allow RULE: REASON", result.Error, StringComparison.Ordinal);
        Assert.Empty(await _migrator.AppliedAsync());
        const string Reason = "-- migrator: allow drop-table: nothing reads it\n";
        folder.With("0002_b", $"{Reason}DROP TABLE a;\n", "CREATE TABLE a (id integer PRIMARY KEY);\n");
        await _migrator.SucceedAsync(["up", .. folder.Option]);
    }

    [Theory]
    [InlineData("UTF8")]
    [InlineData("LATIN1")]
    [Trait("Category", "Cases")]
    public async Task Refuses_a_database_that_knows_ascii_letters_only(string encoding)
    {
        await using var connection = await cluster.OpenAsync();
        await DatabaseServer.ExecuteAsync(
            connection, $"CREATE DATABASE {_migrator.Database} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'", default);

        var result = await _migrator.RunAsync("up");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(
            $"The database {_migrator.Database} has the encoding {encoding} and LC_CTYPE 'C'", result.Error, StringComparison.Ordinal);
        Assert.True(await _migrator.AskAsync<bool>("SELECT to_regclass('schema_migrations') IS NULL"));
    }

    [Fact]
    [Trait("Category", "Cases")]
    public async Task Makes_a_database_that_knows_all_letters_on_a_server_that_knows_ascii_letters_only()
    {
        // What initdb --locale=C writes, and what new databases take over.
        const string Set = "UPDATE pg_database SET (datcollate, datctype) = ROW('{0}', '{0}') WHERE datname = 'template0'";
        await using var connection = await cluster.OpenAsync();
        await DatabaseServer.ExecuteAsync(connection, string.Format(CultureInfo.InvariantCulture, Set, "C"), default);
        try
        {
            using var folder = new MigrationFolder().WithTable("0001_a", "a");
            await _migrator.SucceedAsync(["up", .. folder.Option]);
        }
        finally
        {
            await DatabaseServer.ExecuteAsync(connection, string.Format(CultureInfo.InvariantCulture, Set, "C.UTF-8"), default);
        }

        Assert.True(await _migrator.AskAsync<bool>("SELECT lower($1) = $2", "\u0418", "\u0438"));
    }

    [Fact]
    public async Task Writes_into_the_history_what_was_applied_by_whom()
    {
        await _migrator.SucceedAsync("up");
        await using var dataSource = NpgsqlDataSource.Create(_migrator.AsApp());
        var state = await SchemaStatus.ReadAsync(dataSource, CancellationToken.None);
        Assert.Equal((0, 0, 0), (state.Pending.Count, state.Changed.Count, state.Unknown.Count));
        var first = MigrationCatalog.BuiltIn.Migrations[0];
        Assert.Equal(
            (first.Name, first.Checksum, "portico_migrator"),
            (state.Applied[0].Name, state.Applied[0].Checksum, state.Applied[0].AppliedBy));
    }

    [Fact]
    public async Task A_second_run_does_nothing_and_says_so()
    {
        await _migrator.SucceedAsync("up");
        var second = await _migrator.SucceedAsync("up");
        Assert.Equal($"{_migrator.Database} is up to date.", second.Output.Trim());
        Assert.Equal("", second.Error);
    }

    [Fact]
    public async Task Stops_at_the_migration_that_it_is_told()
    {
        using var folder = new MigrationFolder().WithTable("0001_a", "a").WithTable("0002_b", "b").WithTable("0003_c", "c");
        await _migrator.SucceedAsync(["up", "--to", "2", .. folder.Option]);
        Assert.Equal([1, 2], await _migrator.AppliedAsync());

        var rest = await _migrator.SucceedAsync(["up", "--json", .. folder.Option]);
        Assert.Equal(3, Assert.Single(rest.Json.GetProperty("applied").EnumerateArray()).GetProperty("id").GetInt32());
    }

    [Fact]
    public async Task Takes_operators_for_what_they_are_and_not_for_parameters()
    {
        using var folder = new MigrationFolder().With(
            "0001_a",
            """
            CREATE TABLE a AS SELECT
                '{"b": 1}'::jsonb @> '{}' AS contains, '{"b": 1}'::jsonb ? 'b' AS has, @ -5 AS five, (ARRAY[1, 2, 3])[1:2] AS slice;
            """,
            "DROP TABLE a;");
        await _migrator.SucceedAsync(["up", .. folder.Option]);
        Assert.True(await _migrator.AskAsync<bool>("SELECT contains AND has AND five = 5 AND slice = '{1,2}' FROM a"));
    }

    [Fact]
    public async Task Refuses_to_stop_at_a_migration_that_there_is_not()
    {
        var result = await _migrator.RunAsync("up", "--to", "99");
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("There is no migration 99", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_migration_that_fails_leaves_nothing_and_is_named_with_its_line()
    {
        using var folder = new MigrationFolder()
            .WithTable("0001_a", "a")
            .With("0002_b", "CREATE TABLE b ();\n\nALTER TABLE b\n    ADD FOREIGN KEY (nowhere) REFERENCES a;\n", "DROP TABLE b;");
        var result = await _migrator.RunAsync(["up", .. folder.Option]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("0002_b.up.sql line 3: 42703", result.Error, StringComparison.Ordinal);
        Assert.Equal([1], await _migrator.AppliedAsync());
        Assert.True(await _migrator.AskAsync<bool>("SELECT to_regclass('b') IS NULL"));
    }

    [Fact]
    public async Task What_the_settings_of_one_migration_change_does_not_reach_the_next()
    {
        using var folder = new MigrationFolder()
            .With("0001_a", "SET search_path TO pg_catalog; SET ROLE portico_migrator;", "SELECT 1;")
            .WithTable("0002_b", "b");
        await _migrator.SucceedAsync(["up", .. folder.Option]);
        Assert.Equal(
            "portico_owner",
            await _migrator.AskAsync<string>("SELECT relowner::regrole::text FROM pg_class WHERE oid = 'public.b'::regclass"));
    }

    [Fact]
    public async Task Runs_a_file_outside_a_transaction_statement_by_statement()
    {
        using var folder = new MigrationFolder().WithTable("0001_a", "a").With(
            "0002_index",
            "-- migrator: no-transaction\nDROP INDEX CONCURRENTLY IF EXISTS a_again;\nCREATE INDEX CONCURRENTLY a_again ON a (id);\n",
            "-- migrator: no-transaction\nDROP INDEX CONCURRENTLY a_again;\n");
        await _migrator.SucceedAsync(["up", .. folder.Option]);
        Assert.True(await _migrator.AskAsync<bool>("SELECT indisvalid FROM pg_index WHERE indexrelid = 'a_again'::regclass"));

        await _migrator.SucceedAsync(["down", "--to", "1", .. folder.Option]);
        Assert.True(await _migrator.AskAsync<bool>("SELECT to_regclass('a_again') IS NULL"));
    }

    [Fact]
    public async Task Gives_up_on_another_migrator_when_its_time_is_over()
    {
        await _migrator.SucceedAsync("up");
        await using var other = await _migrator.OpenAsync();
        await DatabaseServer.ExecuteAsync(other, MigrationLock.TakeSql, CancellationToken.None);

        var result = await _migrator.RunAsync("up", "--lock-timeout", "300ms");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains($"Another migrator holds {_migrator.Database}", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gives_up_on_a_table_that_others_use_after_a_few_tries()
    {
        using var folder = new MigrationFolder()
            .WithTable("0001_a", "a")
            .With("0002_b", "ALTER TABLE a ADD b integer;", "ALTER TABLE a DROP b;");
        await _migrator.SucceedAsync(["up", "--to", "1", .. folder.Option]);
        await using var user = await _migrator.OpenAsync();
        await using var transaction = await user.BeginTransactionAsync();
        await DatabaseServer.ExecuteAsync(user, "LOCK TABLE a IN ACCESS SHARE MODE", CancellationToken.None);

        var result = await _migrator.RunAsync(["up", "--statement-lock-timeout", "20ms", .. folder.Option]);
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("0002_b.up.sql: other sessions still hold locks after 5 tries", result.Error, StringComparison.Ordinal);
        Assert.Equal([1], await _migrator.AppliedAsync());
    }

    [Fact]
    public async Task Tries_again_when_the_users_of_a_table_let_go()
    {
        using var folder = new MigrationFolder()
            .WithTable("0001_a", "a")
            .With("0002_b", "ALTER TABLE a ADD b integer;", "ALTER TABLE a DROP b;");
        await _migrator.SucceedAsync(["up", "--to", "1", .. folder.Option]);
        await using var user = await _migrator.OpenAsync();
        await using var transaction = await user.BeginTransactionAsync();
        await DatabaseServer.ExecuteAsync(user, "LOCK TABLE a IN ACCESS SHARE MODE", CancellationToken.None);

        await using var output = new StringWriter();
        await using var error = new WatchedWriter("trying again");
        var run = _migrator.RunAsync(["up", "--statement-lock-timeout", "20ms", .. folder.Option], output, error, CancellationToken.None);
        await error.Seen.WaitAsync(TimeSpan.FromSeconds(30));
        await transaction.RollbackAsync();

        Assert.Equal(0, (await run).ExitCode);
        Assert.Equal([1, 2], await _migrator.AppliedAsync());
    }

    [Fact]
    public async Task A_statement_that_takes_too_long_is_stopped()
    {
        using var folder = new MigrationFolder().With("0001_slow", "SELECT 1;\nSELECT pg_sleep(60);", "SELECT 1;");
        var result = await _migrator.RunAsync(["up", "--statement-timeout", "2s", .. folder.Option]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("0001_slow.up.sql line 2: 57014", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stops_when_the_connection_that_holds_the_lock_breaks()
    {
        using var folder = new MigrationFolder().With("0001_slow", "CREATE TABLE a ();\nSELECT pg_sleep(60);", "DROP TABLE a;");
        var run = _migrator.RunAsync(["up", .. folder.Option]);
        await using var observer = await cluster.OpenAsync();
        await Eventually.Holds(() => IsSleepingAsync(observer), "the migration runs");
        await TestMigrator.AskAsync<bool>(
            observer,
            """
            SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
            WHERE d.datname = $1 AND locktype = 'advisory' AND objid = $2
            """,
            _migrator.Database,
            (long)LockPurpose.Database);

        var result = await run;
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("The connection that holds the lock broke during 0001_slow", result.Error, StringComparison.Ordinal);
        Assert.Empty(await _migrator.AppliedAsync());
    }

    [Fact]
    public async Task Ctrl_C_stops_it_and_leaves_nothing_half_done()
    {
        using var folder = new MigrationFolder()
            .WithTable("0001_a", "a")
            .With("0002_slow", "CREATE TABLE b ();\nSELECT pg_sleep(60);", "DROP TABLE b;");
        using var process = _migrator.Start("interrupted", ["up", .. folder.Option]);
        await using var observer = await cluster.OpenAsync();
        await Eventually.Holds(() => IsSleepingAsync(observer), "the migration runs");
        Posix.Send(process.Id, Signal.Interrupt);

        var result = await process.EndAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Equal("Cancelled.", result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1][..10]);
        Assert.Equal([1], await _migrator.AppliedAsync());
        Assert.True(await _migrator.AskAsync<bool>("SELECT to_regclass('b') IS NULL"));
    }

    [Fact]
    public async Task Names_an_applied_file_that_has_changed_and_applies_nothing()
    {
        using var folder = new MigrationFolder().WithTable("0001_a", "a").WithTable("0002_b", "b");
        await _migrator.SucceedAsync(["up", "--to", "1", .. folder.Option]);
        folder.WithTable("0001_a", "another");

        var result = await _migrator.RunAsync(["up", "--json", .. folder.Option]);
        Assert.Equal(4, result.ExitCode);
        Assert.Equal(["0001_a"], result.Strings("changed"));
        Assert.StartsWith("0001_a has changed since it was applied", result.Error, StringComparison.Ordinal);
        Assert.Equal([1], await _migrator.AppliedAsync());
    }

    [Fact]
    public async Task Names_what_a_newer_build_has_applied()
    {
        using var newer = new MigrationFolder().WithTable("0001_a", "a").WithTable("0002_b", "b");
        using var older = new MigrationFolder().WithTable("0001_a", "a");
        await _migrator.SucceedAsync(["up", .. newer.Option]);

        var result = await _migrator.RunAsync(["up", "--json", .. older.Option]);
        Assert.Equal(4, result.ExitCode);
        Assert.Equal(["0002_b"], result.Strings("unknown"));
    }

    private Task<bool> IsSleepingAsync(NpgsqlConnection observer) => TestMigrator.AskAsync<bool>(
        observer, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = $1 AND wait_event = 'PgSleep')", _migrator.Database);

    private sealed class WatchedWriter(string text) : StringWriter
    {
        private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Seen => _seen.Task;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value?.Contains(text, StringComparison.Ordinal) is true)
                _seen.TrySetResult();
        }
    }
}
