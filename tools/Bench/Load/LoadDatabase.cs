using Npgsql;

namespace Portico.Bench.Load;

/// <summary>Statements beside the API; each may take as long as it needs.</summary>
internal static class LoadDatabase
{
    public static async Task ExecuteAsync(this NpgsqlDataSource database, string sql, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Reads one value.</summary>
    public static async Task<T> ReadAsync<T>(this NpgsqlDataSource database, string sql, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Whether events are still to be published.</summary>
    public static Task<bool> HasEventsAsync(this NpgsqlDataSource database, CancellationToken cancellationToken) =>
        database.ReadAsync<bool>("SELECT EXISTS (SELECT FROM outbox_waiting) OR EXISTS (SELECT FROM outbox_groups)", cancellationToken);
}
