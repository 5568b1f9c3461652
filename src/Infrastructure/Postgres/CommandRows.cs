using Npgsql;

namespace Portico.Infrastructure.Postgres;

internal static class CommandRows
{
    /// <summary>Runs a query and reads all its rows, which the query bounds.</summary>
    public static async Task<List<T>> ReadAll<T>(
        this NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        List<T> found = [];
        while (await rows.ReadAsync(cancellationToken))
            found.Add(read(rows));
        return found;
    }
}
