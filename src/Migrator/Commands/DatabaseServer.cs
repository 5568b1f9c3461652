using System.Diagnostics;
using System.Net.Sockets;
using Npgsql;

namespace Portico.Migrator.Commands;

/// <summary>Opens connections and waits a limited time for a server that is starting.</summary>
internal static class DatabaseServer
{
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Opens a connection; its commands have a timeout of one minute, or another one.</summary>
    /// <exception cref="MigratorException">The server did not answer in time, or does not let us in.</exception>
    public static async Task<NpgsqlConnection> OpenAsync(
        DatabaseTarget target, TimeSpan patience, CommandReport report, CancellationToken cancellationToken,
        TimeSpan? commandTimeout = null)
    {
        var clock = Stopwatch.StartNew();
        for (var attempt = 1; ; attempt++)
        {
            var connection = new NpgsqlConnection(Unpooled(target, commandTimeout ?? CommandTimeout));
            try
            {
                await connection.OpenAsync(cancellationToken);
                return connection;
            }
            catch (Exception failure)
            {
                await connection.DisposeAsync();
                if (!IsFailure(failure))
                    throw;
                if (!IsPassing(failure))
                    throw new MigratorException($"PostgreSQL at {target.Server} refuses {target.Setting}: {Describe(failure)}", failure);
                if (clock.Elapsed + RetryInterval > patience)
                    throw new MigratorException($"PostgreSQL at {target.Server} cannot be reached: {Describe(failure)}", failure);
                if (attempt == 1)
                    report.Note(
                        $"PostgreSQL at {target.Server} does not answer yet ({Describe(failure)}); "
                        + $"waiting up to {Durations.Describe(patience)}.");
                await Task.Delay(RetryInterval, cancellationToken);
            }
        }
    }

    /// <summary>Quotes an identifier for SQL.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Whether an exception is a failure of the server or the network, and not a bug.</summary>
    public static bool IsFailure(Exception failure) => failure is NpgsqlException or SocketException or TimeoutException;

    /// <summary>Describes a failure in one line.</summary>
    public static string Describe(Exception failure) => failure switch
    {
        PostgresException refusal => $"{refusal.SqlState}: {refusal.MessageText}",
        NpgsqlException { InnerException: { } cause } => cause.Message.ReplaceLineEndings(" "),
        _ => failure.Message.ReplaceLineEndings(" "),
    };

    private static bool IsPassing(Exception failure) => failure is not NpgsqlException { IsTransient: false };

    private static string Unpooled(DatabaseTarget target, TimeSpan commandTimeout) =>
        new NpgsqlConnectionStringBuilder(target.ConnectionString)
        {
            Timeout = (int)AttemptTimeout.TotalSeconds,
            CommandTimeout = (int)commandTimeout.TotalSeconds,
            KeepAlive = 5,
        }.ConnectionString;
}
