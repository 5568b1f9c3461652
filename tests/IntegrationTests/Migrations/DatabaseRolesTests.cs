using Npgsql;
using Portico.Migrator.Commands;

namespace Portico.IntegrationTests.Migrations;

[Collection(MigratorCluster.Tests.Name)]
public sealed class DatabaseRolesTests(MigratorCluster cluster) : IAsyncLifetime
{
    private readonly string _suffix = Guid.NewGuid().ToString("N")[..8];
    private TestMigrator _migrator = null!;

    public async Task InitializeAsync() => _migrator = await cluster.MigratedAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Everything_belongs_to_a_role_that_nobody_signs_in_as()
    {
        var strangers = await _migrator.AskAsync<long>(
            """
            SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relowner <> 'portico_owner'::regrole
            """);
        Assert.Equal(0, strangers);
        Assert.Equal(
            "portico_owner",
            await _migrator.AskAsync<string>("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"));
        Assert.False(await _migrator.AskAsync<bool>("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'portico_owner'"));
    }

    [Theory]
    [InlineData("CREATE TABLE mine ()")]
    [InlineData("CREATE SCHEMA mine")]
    [InlineData("CREATE TEMPORARY TABLE mine ()")]
    [InlineData("CREATE INDEX ON users (locale)")]
    [InlineData("ALTER TABLE users ADD mine text")]
    [InlineData("DROP TABLE users")]
    [InlineData("TRUNCATE outbox")]
    [InlineData("DELETE FROM users")]
    [InlineData("DELETE FROM schema_migrations")]
    [InlineData("SET ROLE portico_owner")]
    [InlineData("CREATE ROLE mine")]
    [InlineData("CREATE DATABASE mine")]
    public async Task The_application_may_not(string sql) =>
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, await RefusalAsync(_migrator.AsApp(), sql));

    [Theory]
    [InlineData("SELECT count(*) FROM users")]
    [InlineData("UPDATE users SET locale = 'en'")]
    [InlineData("SELECT count(*) FROM identity.credentials")]
    [InlineData("SELECT count(*) FROM schema_migrations")]
    public async Task The_application_may(string sql) => Assert.Null(await RefusalAsync(_migrator.AsApp(), sql));

    [Theory]
    [InlineData("INSERT INTO permissions (name) VALUES ('x')")]
    [InlineData("UPDATE users SET locale = 'en'")]
    [InlineData("DELETE FROM outbox")]
    [InlineData("TRUNCATE outbox")]
    [InlineData("CREATE TABLE mine ()")]
    [InlineData("SELECT password_hash FROM identity.credentials")]
    public async Task A_reader_may_not(string sql) =>
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, await RefusalAsync(await ReaderAsync(), sql));

    [Theory]
    [InlineData("SELECT count(*) FROM users")]
    [InlineData("SELECT count(*) FROM schema_migrations")]
    public async Task A_reader_may(string sql) => Assert.Null(await RefusalAsync(await ReaderAsync(), sql));

    [Fact]
    public async Task A_reader_sees_later_tables_without_a_word_in_their_migration()
    {
        using var folder = new MigrationFolder().WithTable("0001_a", "a");
        var migrator = cluster.NewMigrator();
        await migrator.SucceedAsync(["up", .. folder.Option]);
        var reader = new NpgsqlConnectionStringBuilder(await ReaderAsync()) { Database = migrator.Database }.ConnectionString;
        Assert.Null(await RefusalAsync(reader, "SELECT count(*) FROM a"));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, await RefusalAsync(reader, "INSERT INTO a VALUES (1)"));
    }

    [Fact]
    public async Task A_stranger_of_the_same_server_may_not_even_connect()
    {
        var stranger = await CreateLoginAsync($"stranger_{_suffix}");
        var error = await Assert.ThrowsAsync<PostgresException>(() => TestMigrator.OpenAsync(stranger));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, error.SqlState);
    }

    [Fact]
    public async Task The_application_may_sign_in_under_another_name_with_the_same_rights()
    {
        var app = _migrator.Settings["ConnectionStrings:Portico"] = _migrator.As($"app \"{_suffix}\"", "first password");
        await _migrator.SucceedAsync("up");
        Assert.Null(await RefusalAsync(app, "SELECT count(*) FROM users"));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, await RefusalAsync(app, "DELETE FROM users"));
    }

    [Fact]
    public async Task A_changed_password_takes_the_place_of_the_old_one()
    {
        var old = _migrator.Settings["ConnectionStrings:Portico"] = _migrator.As($"app_{_suffix}", "old'password");
        await _migrator.SucceedAsync("up");
        var changed = _migrator.Settings["ConnectionStrings:Portico"] = _migrator.As($"app_{_suffix}", "new\"; password\\");
        await _migrator.SucceedAsync("up");

        Assert.Null(await RefusalAsync(changed, "SELECT 1"));
        var error = await Assert.ThrowsAsync<PostgresException>(() => TestMigrator.OpenAsync(old));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, error.SqlState);
    }

    [Fact]
    public async Task Does_nothing_to_roles_that_are_as_they_should_be()
    {
        const string Versions = "SELECT string_agg(oid || ' ' || xmin, ',' ORDER BY oid) FROM pg_authid WHERE rolname LIKE 'portico%'";
        var before = await _migrator.AskAsync<string>(Versions);
        await cluster.NewMigrator().SucceedAsync("up");
        Assert.Equal(before, await _migrator.AskAsync<string>(Versions));
    }

    [Fact]
    public async Task A_role_that_may_create_databases_and_roles_is_enough_to_begin_with()
    {
        await CreateLoginAsync($"creator_{_suffix}", "CREATEDB CREATEROLE");
        var migrator = cluster.NewMigrator();
        migrator.Settings["ConnectionStrings:Bootstrap"] =
            new NpgsqlConnectionStringBuilder(migrator.As($"creator_{_suffix}", "secret")) { Database = "postgres" }.ConnectionString;
        migrator.Settings["ConnectionStrings:Portico"] = migrator.As($"app_{_suffix}", "app's");
        await migrator.SucceedAsync("up");
        await migrator.SucceedAsync("up");
        Assert.Null(await RefusalAsync(migrator.Settings["ConnectionStrings:Portico"]!, "SELECT count(*) FROM users"));
    }

    [Fact]
    public async Task Takes_over_an_empty_database_that_was_made_by_somebody_else()
    {
        var migrator = cluster.NewMigrator();
        await using (var connection = await cluster.OpenAsync())
            await DatabaseServer.ExecuteAsync(connection, $"CREATE DATABASE {migrator.Database}", CancellationToken.None);
        await migrator.SucceedAsync("up");
    }

    [Fact]
    public async Task Needs_no_bootstrap_once_roles_and_database_are_there()
    {
        var migrator = cluster.NewMigrator();
        await migrator.SucceedAsync("up");
        migrator.Settings.Remove("ConnectionStrings:Bootstrap");
        await migrator.SucceedAsync("down", "--to", "0");
        await migrator.SucceedAsync("up");
    }

    [Fact]
    public async Task Says_what_is_missing_when_the_database_is_not_there_and_it_may_not_make_it()
    {
        var migrator = cluster.NewMigrator();
        migrator.Settings.Remove("ConnectionStrings:Bootstrap");
        var result = await migrator.RunAsync("up");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"database \"{migrator.Database}\" does not exist", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_what_is_wrong_with_a_database_that_belongs_to_somebody_else()
    {
        var migrator = cluster.NewMigrator();
        await using (var connection = await cluster.OpenAsync())
            await DatabaseServer.ExecuteAsync(connection, $"CREATE DATABASE {migrator.Database}", CancellationToken.None);
        migrator.Settings.Remove("ConnectionStrings:Bootstrap");
        var result = await migrator.RunAsync("up");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Set ConnectionStrings:Bootstrap", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_to_let_the_application_sign_in_as_a_superuser()
    {
        await CreateLoginAsync($"super_{_suffix}", "SUPERUSER");
        _migrator.Settings["ConnectionStrings:Portico"] = _migrator.As($"super_{_suffix}", "secret");
        var result = await _migrator.RunAsync("up");
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith($"ConnectionStrings:Portico names super_{_suffix}, a superuser", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_password_is_in_the_log_of_the_server()
    {
        await using (var connection = await cluster.OpenAsync())
            await DatabaseServer.ExecuteAsync(
                connection, "ALTER SYSTEM SET log_statement = 'all'; SELECT pg_reload_conf()", CancellationToken.None);
        var password = Guid.NewGuid().ToString();
        _migrator.Settings["ConnectionStrings:Portico"] = _migrator.As($"app_{_suffix}", password);
        await _migrator.SucceedAsync("up");

        var log = await File.ReadAllTextAsync(cluster.Server.LogFile);
        Assert.Contains($"CREATE ROLE \"app_{_suffix}\"", log, StringComparison.Ordinal);
        Assert.DoesNotContain(password, log, StringComparison.Ordinal);
    }

    private static async Task<string?> RefusalAsync(string connectionString, string sql)
    {
        await using var connection = await TestMigrator.OpenAsync(connectionString);
        try
        {
            await DatabaseServer.ExecuteAsync(connection, sql, CancellationToken.None);
            return null;
        }
        catch (PostgresException error)
        {
            return error.SqlState;
        }
    }

    private Task<string> ReaderAsync() => CreateLoginAsync($"reader_{_suffix}", "IN ROLE portico_readonly");

    private async Task<string> CreateLoginAsync(string name, string options = "")
    {
        await using var connection = await cluster.OpenAsync();
        await DatabaseServer.ExecuteAsync(connection, $"CREATE ROLE {name} LOGIN PASSWORD 'secret' {options}", CancellationToken.None);
        return _migrator.As(name, "secret");
    }
}
