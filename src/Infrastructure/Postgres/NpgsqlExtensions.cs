using Npgsql;
using NpgsqlTypes;

namespace Portico.Infrastructure.Postgres;

/// <summary>Commands that run once, their parameters, and columns that may be null.</summary>
public static class NpgsqlExtensions
{
    /// <summary>Adds positional parameters: values, <c>null</c>, or a parameter that names its type.</summary>
    /// <remarks>PostgreSQL infers the type of a <c>null</c>; a parameter is needed where it can't.</remarks>
    public static NpgsqlCommand With(this NpgsqlCommand command, params object?[] values)
    {
        command.Parameters.AddAll(values);
        return command;
    }

    /// <summary>Adds positional parameters to a command of a batch.</summary>
    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, params object?[] values)
    {
        command.Parameters.AddAll(values);
        return command;
    }

    /// <summary>A parameter of the type <c>jsonb</c>.</summary>
    public static NpgsqlParameter AsJsonb(this string json) => new() { Value = json, NpgsqlDbType = NpgsqlDbType.Jsonb };

    /// <summary>A parameter of the type <c>text</c>, which is in UTF-8 already.</summary>
    public static NpgsqlParameter AsText(this byte[] text) => new() { Value = text, NpgsqlDbType = NpgsqlDbType.Text };

    /// <summary>Runs a command once, and disposes it.</summary>
    /// <returns>The number of rows that were changed.</returns>
    public static async Task<int> Execute(this NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using (command)
            return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Runs a query once, and disposes it.</summary>
    /// <returns>The first column of the first row.</returns>
    public static async Task<object?> ReadValue(this NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using (command)
            return await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <summary>Runs a query once, and disposes it.</summary>
    /// <returns>The first row, or <c>default</c>.</returns>
    public static async Task<T?> ReadFirst<T>(
        this NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using (command)
        {
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            return await row.ReadAsync(cancellationToken) ? read(row) : default;
        }
    }

    /// <summary>Runs a query once, and disposes it.</summary>
    /// <returns>All rows; the query bounds their number.</returns>
    public static async Task<IReadOnlyList<T>> ReadAll<T>(
        this NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using (command)
        {
            await using var rows = await command.ExecuteReaderAsync(cancellationToken);
            List<T> found = [];
            while (await rows.ReadAsync(cancellationToken))
                found.Add(read(rows));
            return found;
        }
    }

    public static T? ValueOrNull<T>(this NpgsqlDataReader row, int column)
        where T : struct => row.IsDBNull(column) ? null : row.GetFieldValue<T>(column);

    public static string? StringOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static void AddAll(this NpgsqlParameterCollection parameters, object?[] values)
    {
        foreach (var value in values)
            parameters.Add(value as NpgsqlParameter ?? new NpgsqlParameter { Value = value ?? DBNull.Value });
    }
}
