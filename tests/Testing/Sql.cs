using Npgsql;

namespace Portico.Testing;

/// <summary>Runs single statements on a database, behind the back of the programs under test.</summary>
/// <remarks>
/// The connections of one connection string share a small pool, because a new process of the server for each costs more than most
/// statements. A test may have broken the connections in the pool; then the statement runs again on a new one.
/// </remarks>
public static class Sql
{
    /// <returns>How many rows were changed.</returns>
    public static Task<int> ExecuteAsync(string connectionString, string sql, params object[] values) =>
        RunAsync(connectionString, sql, values, command => command.ExecuteNonQueryAsync());

    /// <summary>Reads one value.</summary>
    public static Task<T> ScalarAsync<T>(string connectionString, string sql, params object[] values) =>
        RunAsync(connectionString, sql, values, async command => (T)(await command.ExecuteScalarAsync())!);

    /// <summary>Reads all rows.</summary>
    public static Task<IReadOnlyList<T>> RowsAsync<T>(
        string connectionString, string sql, Func<NpgsqlDataReader, T> read, params object[] values) =>
        RunAsync<IReadOnlyList<T>>(connectionString, sql, values, async command =>
        {
            await using var reader = await command.ExecuteReaderAsync();
            List<T> rows = [];
            while (await reader.ReadAsync())
                rows.Add(read(reader));
            return rows;
        });

    /// <summary>The same server and database for another role, whose password is its name as everywhere in tests.</summary>
    public static string As(string connectionString, string database, string role) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Database = database, Username = role, Password = role }.ConnectionString;

    private static async Task<T> RunAsync<T>(string connectionString, string sql, object[] values, Func<NpgsqlCommand, Task<T>> run)
    {
        var options = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = "test",
            MaxPoolSize = 8,
            ConnectionIdleLifetime = 5,
            ConnectionPruningInterval = 5,
        };
        try
        {
            return await RunOnceAsync();
        }
        catch (NpgsqlException failure) when (failure.IsTransient && options.Pooling)
        {
            options.Pooling = false;
            return await RunOnceAsync();
        }

        async Task<T> RunOnceAsync()
        {
            await using var connection = new NpgsqlConnection(options.ConnectionString);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(sql, connection);
            foreach (var value in values)
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            return await run(command);
        }
    }
}
