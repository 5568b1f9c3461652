using System.Diagnostics;
using Npgsql;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Schema;

/// <summary>The right to change a database, held by one migrator at a time.</summary>
/// <remarks>
/// An advisory lock of a session of its own: when its holder dies, however it dies, PostgreSQL lets go of it. It is polled, because
/// a session that waits inside pg_advisory_lock holds a snapshot, for which CREATE INDEX CONCURRENTLY would wait in turn.
/// It needs a direct connection: a pooler that gives each transaction another session would lose it.
/// </remarks>
internal sealed class MigrationLock : IAsyncDisposable
{
    // The first half of each key, "port" in ASCII, keeps clear of the keys of the application.
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

    /// <summary>Takes the lock by SQL, for as long as the session lasts.</summary>
    public static string TakeSql => $"SELECT pg_advisory_lock({Family}, {(int)LockPurpose.Database})";

    /// <summary>Cancelled as soon as the connection that holds the lock breaks, and the lock is gone with it.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Waits for the lock and takes it over the connection, which then belongs to the lock.</summary>
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

    /// <summary>Takes the lock for as long as the connection is open.</summary>
    /// <exception cref="MigratorException">It was not free in time.</exception>
    public static async Task WaitAsync(
        NpgsqlConnection connection, LockPurpose purpose, TimeSpan timeout, CommandReport report, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock($1, $2)", connection)
        {
            Parameters = { new() { Value = Family }, new() { Value = (int)purpose } },
        };
        for (var attempt = 1; await command.ExecuteScalarAsync(cancellationToken) is not true; attempt++)
        {
            if (clock.Elapsed > timeout)
                throw new MigratorException(
                    ExitCode.LockTimeout,
                    $"Another migrator holds {connection.Database}, and did not let go within {Durations.Describe(timeout)}.");
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
            // Nothing is ever sent to this session; what the wait notices is the end of its connection.
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

/// <summary>What is to be changed under a lock.</summary>
internal enum LockPurpose
{
    /// <summary>Roles and databases of the whole server.</summary>
    Server = 1,

    /// <summary>One database.</summary>
    Database = 2,

    /// <summary>
    /// The session that runs the SQL holds it. The server goes on for a moment with a statement whose migrator was killed;
    /// the next one must not begin before that has ended.
    /// </summary>
    Work = 3,
}
