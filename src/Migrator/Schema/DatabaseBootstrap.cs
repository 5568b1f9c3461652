using Npgsql;
using Portico.Infrastructure.Postgres;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Schema;

/// <summary>Creates missing roles and the database, through a connection with the needed rights.</summary>
/// <remarks>
/// Roles belong to the whole server, and PostgreSQL answers concurrent changes of one role with "tuple concurrently updated".
/// So all changes run under a lock on the database of the bootstrap connection. Without differences nothing is changed.
/// </remarks>
internal sealed class DatabaseBootstrap(MigratorSettings settings, CommandReport report)
{
    private DatabaseRoles Roles => settings.Roles;

    /// <summary>Creates and updates the roles and their passwords as configured, and with them the database.</summary>
    /// <exception cref="MigratorException">The server cannot be reached, or the bootstrap role may not do it.</exception>
    public async Task EnsureAsync(bool withDatabase, WorkLimits limits, CancellationToken cancellationToken)
    {
        foreach (var login in (DatabaseTarget?[])[settings.Migrator, settings.App])
        {
            if (login is not null && !ScramVerifier.CanHash(login.Password))
                throw new MigratorException($"{login.Setting} must hold a password of printable ASCII characters for {login.User}.");
        }

        await using var connection = await DatabaseServer.OpenAsync(settings.Bootstrap, limits.ConnectTimeout, report, cancellationToken);
        await MigrationLock.WaitAsync(connection, LockPurpose.Server, limits.LockTimeout, report, cancellationToken);
        try
        {
            await EnsureGroupsAsync(connection, cancellationToken);
            await EnsureLoginAsync(connection, settings.Migrator, Roles.Owner, cancellationToken);
            if (settings.App is { } app)
                await EnsureLoginAsync(connection, app, Roles.App, cancellationToken);
            if (withDatabase)
                await EnsureDatabaseAsync(connection, settings.Migrator.Database, cancellationToken);
        }
        catch (PostgresException refusal) when (refusal.SqlState is PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new MigratorException(
                $"{settings.Bootstrap.Setting}: {settings.Bootstrap.User} may not create databases and roles: "
                + DatabaseServer.Describe(refusal),
                refusal);
        }
    }

    /// <summary>Creates a database with the locale of the server if it knows the letters of UTF-8, otherwise with C.UTF-8.</summary>
    public static async Task CreateDatabaseAsync(
        NpgsqlConnection connection, string name, DatabaseRoles roles, CancellationToken cancellationToken)
    {
        // The locale of ICU and of PostgreSQL itself is another column, and datctype says nothing about it.
        await using var command = new NpgsqlCommand(
            "SELECT datlocprovider <> 'c' OR datctype ~* 'utf-?8' FROM pg_database WHERE datname = 'template0'", connection);
        var locale = await command.ExecuteScalarAsync(cancellationToken) is true ? "" : $" LOCALE '{DatabaseLocale.Default}'";
        await DatabaseServer.ExecuteAsync(
            connection,
            $"CREATE DATABASE {DatabaseServer.Quote(name)} OWNER {roles.Owner} TEMPLATE template0 ENCODING 'UTF8'{locale}",
            cancellationToken);
    }

    public static Task DropDatabaseAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken) =>
        DatabaseServer.ExecuteAsync(
        connection,
        $"DROP DATABASE IF EXISTS {DatabaseServer.Quote(name)} WITH (FORCE)",
        cancellationToken);

    private async Task EnsureGroupsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        foreach (var role in (string[])[Roles.Owner, Roles.App, Roles.Readonly])
        {
            if (!await IsTrueAsync(connection, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", role, cancellationToken))
                await DoAsync(connection, $"CREATE ROLE {role} NOLOGIN", $"Created the role {role}.", cancellationToken);
        }

        // A bootstrap role that is not a superuser must be a member of the owner role to give it the database.
        if (!await IsTrueAsync(connection, "SELECT pg_has_role($1, 'USAGE')", Roles.Owner, cancellationToken))
            await DatabaseServer.ExecuteAsync(connection, $"GRANT {Roles.Owner} TO CURRENT_USER", cancellationToken);
    }

    private async Task EnsureLoginAsync(
        NpgsqlConnection connection, DatabaseTarget login, string group, CancellationToken cancellationToken)
    {
        var role = DatabaseServer.Quote(login.User);
        var canLogin = await FindLoginAsync(connection, login, cancellationToken);
        if (canLogin is not true || !await HasPasswordAsync(connection, login, cancellationToken))
        {
            var (statement, done) = canLogin switch
            {
                null => ($"CREATE ROLE {role} LOGIN", $"Created the role {login.User}."),
                false => ($"ALTER ROLE {role} LOGIN", $"Gave the role {login.User} a login."),
                true => ($"ALTER ROLE {role}", $"Set the password of the role {login.User}."),
            };
            await DoAsync(connection, $"{statement} PASSWORD '{ScramVerifier.Create(login.Password)}'", done, cancellationToken);
        }

        const string IsMember =
            "SELECT EXISTS (SELECT FROM pg_auth_members WHERE roleid = $2::regrole AND member = quote_ident($1)::regrole)";
        if (login.User != group && !await IsTrueAsync(connection, IsMember, login.User, cancellationToken, group))
            await DoAsync(connection, $"GRANT {group} TO {role}", $"Made {login.User} a member of {group}.", cancellationToken);
    }

    /// <summary>Whether the role may sign in; null when there is no such role.</summary>
    private static async Task<bool?> FindLoginAsync(NpgsqlConnection connection, DatabaseTarget login, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT rolcanlogin, rolsuper FROM pg_roles WHERE rolname = $1", connection)
            .With(login.User);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return null;
        return !reader.GetBoolean(1)
            ? reader.GetBoolean(0)
            : throw new MigratorException(
                $"{login.Setting} names {login.User}, a superuser: Portico signs in only as roles with the least rights.");
    }

    private static async Task<bool> HasPasswordAsync(NpgsqlConnection connection, DatabaseTarget login, CancellationToken cancellationToken)
    {
        // Without the right to read the stored password, the password is set again.
        if (!await IsTrueAsync(connection, "SELECT has_table_privilege($1, 'SELECT')", "pg_catalog.pg_authid", cancellationToken))
            return false;

        await using var command = new NpgsqlCommand("SELECT rolpassword FROM pg_authid WHERE rolname = $1", connection)
            .With(login.User);
        return ScramVerifier.Matches(await command.ExecuteScalarAsync(cancellationToken) as string, login.Password);
    }

    private async Task EnsureDatabaseAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = $1", connection)
            .With(name);
        var owner = (string?)await command.ExecuteScalarAsync(cancellationToken);
        if (owner is null)
        {
            await CreateDatabaseAsync(connection, name, Roles, cancellationToken);
            report.Note($"Created the database {name}.");
        }
        else if (owner != Roles.Owner)
        {
            await DoAsync(
                connection,
                $"ALTER DATABASE {DatabaseServer.Quote(name)} OWNER TO {Roles.Owner}",
                $"Made {Roles.Owner} the owner of the database {name}.",
                cancellationToken);
        }
    }

    private async Task DoAsync(NpgsqlConnection connection, string sql, string done, CancellationToken cancellationToken)
    {
        await DatabaseServer.ExecuteAsync(connection, sql, cancellationToken);
        report.Note(done);
    }

    private static async Task<bool> IsTrueAsync(
        NpgsqlConnection connection, string question, string name, CancellationToken cancellationToken, string? second = null)
    {
        await using var command = new NpgsqlCommand(question, connection).With(name);
        if (second is not null)
            command.With(second);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }
}
