using System.Diagnostics;
using Npgsql;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.Postgres.Migrations;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Schema;

/// <summary>Applies and reverts migrations of one database, under the lock of this database.</summary>
/// <remarks>Runs as <c>portico_owner</c>. The changes of a migration and its row in the history commit together.</remarks>
internal sealed class MigrationRunner(
    DatabaseTarget target, DatabaseRoles roles, MigrationCatalog catalog, WorkLimits limits, CommandReport report, MigrationLock held,
    NpgsqlConnection connection) : IAsyncDisposable
{
    private const int MaxAttempts = 5;
    private static readonly TimeSpan ServerSilence = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(100);

    /// <summary>The session that migrates, with the role of the owner.</summary>
    public NpgsqlConnection Connection => connection;

    /// <summary>Waits for the lock and prepares the database: the history table and the basic rights.</summary>
    /// <exception cref="MigratorException">
    /// The server cannot be reached, the lock is not free in time, or the role may not act as the owner.
    /// </exception>
    public static async Task<MigrationRunner> OpenAsync(
        DatabaseTarget target,
        DatabaseRoles roles,
        MigrationCatalog catalog,
        WorkLimits limits,
        CommandReport report,
        CancellationToken cancellationToken)
    {
        var lockConnection = await DatabaseServer.OpenAsync(target, limits.ConnectTimeout, report, cancellationToken);
        var held = await MigrationLock.TakeAsync(lockConnection, LockPurpose.Database, limits.LockTimeout, report, cancellationToken);
        NpgsqlConnection? connection = null;
        try
        {
            // The server itself cancels a long statement; this timeout is for a server that no longer answers.
            connection = await DatabaseServer.OpenAsync(
                target, limits.ConnectTimeout, report, cancellationToken, limits.StatementTimeout + ServerSilence);
            var runner = new MigrationRunner(target, roles, catalog, limits, report, held, connection);
            await runner.PrepareAsync(cancellationToken);
            return runner;
        }
        catch
        {
            if (connection is not null)
                await connection.DisposeAsync();
            await held.DisposeAsync();
            throw;
        }
    }

    public Task<SchemaState> ReadStateAsync(CancellationToken cancellationToken) =>
        SchemaStatus.ReadAsync(connection, catalog, cancellationToken);

    /// <summary>Applies a migration and returns its duration.</summary>
    public Task<TimeSpan> ApplyAsync(Migration migration, CancellationToken cancellationToken) => RunAsync(
        migration,
        migration.Up,
        elapsed => new NpgsqlCommand($"INSERT INTO {SchemaStatus.HistoryTable} (id, name, checksum, duration_ms) VALUES ($1, $2, $3, $4)")
            .With(migration.Id, migration.Name, migration.Checksum, (long)elapsed.TotalMilliseconds),
        cancellationToken);

    /// <summary>Reverts a migration and returns its duration.</summary>
    public Task<TimeSpan> RevertAsync(Migration migration, CancellationToken cancellationToken) => RunAsync(
        migration,
        migration.Down,
        _ => new NpgsqlCommand($"DELETE FROM {SchemaStatus.HistoryTable} WHERE id = $1").With(migration.Id),
        cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await connection.DisposeAsync();
        await held.DisposeAsync();
    }

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await MigrationLock.WaitAsync(connection, LockPurpose.Work, limits.LockTimeout, report, cancellationToken);
        try
        {
            await StartSessionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await DatabaseServer.ExecuteAsync(
                connection, DatabasePreparation.Sql(DatabaseServer.Quote(target.Database), roles), cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        catch (PostgresException refusal) when (
            refusal.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.UndefinedObject
                or PostgresErrorCodes.InvalidParameterValue)
        {
            throw new MigratorException(
                $"{target.User} cannot prepare {target.Database} as {roles.Owner}: {DatabaseServer.Describe(refusal)}. "
                + "Set ConnectionStrings:Bootstrap, which corrects the roles and the owner of the database.",
                refusal);
        }
    }

    /// <summary>Resets the session settings that the previous migration may have changed.</summary>
    private Task StartSessionAsync(CancellationToken cancellationToken) => DatabaseServer.ExecuteAsync(
        connection,
        $"""
        RESET ALL;
        SET ROLE {roles.Owner};
        SET search_path TO public;
        SET lock_timeout TO {(int)limits.StatementLockTimeout.TotalMilliseconds};
        SET statement_timeout TO {(int)limits.StatementTimeout.TotalMilliseconds};
        -- So that the server gives up, within a second, a statement whose migrator was killed.
        SET client_connection_check_interval TO 1000;
        """,
        cancellationToken);

    private async Task<TimeSpan> RunAsync(
        Migration migration, MigrationScript script, Func<TimeSpan, NpgsqlCommand> record, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, held.Lost);
        try
        {
            var statements = SqlStatements.Split(script.Sql);
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return await RunOnceAsync(script, statements, record, stop.Token);
                }
                catch (PostgresException busy) when (
                    busy.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
                {
                    if (attempt == MaxAttempts)
                        throw new MigratorException(
                            ExitCode.LockTimeout,
                            $"{script.FileName}: other sessions still hold locks after {MaxAttempts} tries: "
                            + DatabaseServer.Describe(busy),
                            busy);
                    report.Note($"{script.FileName}: other sessions hold locks ({DatabaseServer.Describe(busy)}); trying again.");
                    await Task.Delay(FirstWait * Math.Pow(2, attempt - 1) * (0.5 + Random.Shared.NextDouble()), stop.Token);
                }
            }
        }
        catch (FormatException malformed)
        {
            throw new MigratorException($"{script.FileName} {malformed.Message}.", malformed);
        }
        catch (Exception failure) when (held.Lost.IsCancellationRequested && !cancellationToken.IsCancellationRequested
            && (DatabaseServer.IsFailure(failure) || failure is OperationCanceledException))
        {
            throw new MigratorException($"The connection that holds the lock broke during {migration.FullName}; stopped.", failure);
        }
    }

    private async Task<TimeSpan> RunOnceAsync(
        MigrationScript script, IReadOnlyList<SqlStatement> statements, Func<TimeSpan, NpgsqlCommand> record,
        CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        await StartSessionAsync(cancellationToken);
        await using var transaction = script.InTransaction ? await connection.BeginTransactionAsync(cancellationToken) : null;
        foreach (var statement in statements)
            await ExecuteAsync(script, statement, cancellationToken);

        await StartSessionAsync(cancellationToken);
        await using var command = record(clock.Elapsed);
        command.Connection = connection;
        await command.ExecuteNonQueryAsync(cancellationToken);
        if (transaction is not null)
            await transaction.CommitAsync(cancellationToken);
        return clock.Elapsed;
    }

    private async Task ExecuteAsync(MigrationScript script, SqlStatement statement, CancellationToken cancellationToken)
    {
        try
        {
            await DatabaseServer.ExecuteAsync(connection, statement.Text, cancellationToken);
        }
        catch (PostgresException refusal) when (
            refusal.SqlState is not (PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
            && !cancellationToken.IsCancellationRequested)
        {
            throw new MigratorException(
                $"{script.FileName} line {statement.LineAt(refusal.Position)}: {DatabaseServer.Describe(refusal)}", refusal);
        }
    }
}
