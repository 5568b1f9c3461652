using System.Diagnostics;
using Npgsql;
using Portico.Infrastructure.Postgres;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Schema;

/// <summary>The lock of a database; one migrator holds it at a time.</summary>
/// <remarks>
/// An advisory lock of its own session: when the process ends in any way, PostgreSQL releases the lock. The lock is polled, because
/// a session that waits in pg_advisory_lock holds a snapshot, and CREATE INDEX CONCURRENTLY would wait for that snapshot.
/// It needs a direct connection: a pooler in transaction mode would lose the lock.
/// </remarks>
internal sealed class MigrationLock : IAsyncDisposable
{
    // The first half of each key, "port" in ASCII, differs from the keys of the application.
    private const int Family = 0x706F7274;
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(250);

    private readonly NpgsqlConnection _connection;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _released = new();
    private readonly Task _watch;

    private MigrationLock(NpgsqlConnection connection)
    {
        _connection = connection;
        _watch = WatchAsync();
    }

    /// <summary>The SQL that takes the lock until the session ends.</summary>
    public static string TakeSql => $"SELECT pg_advisory_lock({Family}, {(int)LockPurpose.Database})";

    /// <summary>Cancelled when the connection of the lock breaks, because the lock is lost then.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Waits for the lock and takes it with the connection, which then belongs to the lock.</summary>
    /// <exception cref="MigratorException">It was not free in time.</exception>
    public static async Task<MigrationLock> TakeAsync(
        NpgsqlConnection connection, LockPurpose purpose, TimeSpan timeout, CommandReport report, CancellationToken cancellationToken)
    {
        try
        {
            await WaitAsync(connection, purpose, timeout, report, cancellationToken);
            return new MigrationLock(connection);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes the lock until the connection closes.</summary>
    /// <exception cref="MigratorException">It was not free in time.</exception>
    public static async Task WaitAsync(
        NpgsqlConnection connection, LockPurpose purpose, TimeSpan timeout, CommandReport report, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock($1, $2)", connection)
            .With(Family, (int)purpose);
        for (var attempt = 1; await command.ExecuteScalarAsync(cancellationToken) is not true; attempt++)
        {
            if (clock.Elapsed > timeout)
                throw new MigratorException(
                    ExitCode.LockTimeout,
                    $"Another migrator holds {connection.Database}, and did not release it within {Durations.Describe(timeout)}.");
            if (attempt == 1)
                report.Note($"Another migrator holds {connection.Database}; waiting up to {Durations.Describe(timeout)}.");
            await Task.Delay(ShortestWait + ((LongestWait - ShortestWait) * Random.Shared.NextDouble()), cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _released.CancelAsync();
        await _watch;
        await _connection.DisposeAsync();
        _released.Dispose();
        _lost.Dispose();
    }

    private async Task WatchAsync()
    {
        try
        {
            // The server sends nothing to this session, so the wait ends only when the connection ends.
            while (true)
                await _connection.WaitAsync(_released.Token);
        }
        catch (OperationCanceledException) when (_released.IsCancellationRequested)
        {
        }
        catch (Exception failure) when (DatabaseServer.IsFailure(failure) || failure is IOException or OperationCanceledException)
        {
            await _lost.CancelAsync();
        }
    }
}

/// <summary>What a lock protects.</summary>
internal enum LockPurpose
{
    /// <summary>Roles and databases of the whole server.</summary>
    Server = 1,

    /// <summary>One database.</summary>
    Database = 2,

    /// <summary>
    /// The session that runs the SQL holds it. After a migrator is killed the server continues its statement for a moment; the next
    /// migrator must wait until that statement has ended.
    /// </summary>
    Work = 3,
}
