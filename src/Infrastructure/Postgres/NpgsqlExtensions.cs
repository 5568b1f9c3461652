using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace Portico.Infrastructure.Postgres;

/// <summary>Parameters of commands, rows and columns that may be null.</summary>
public static class NpgsqlExtensions
{
    /// <summary>Creates a command on the connection of the context, which takes part in its transaction.</summary>
    public static NpgsqlCommand CreateCommand(this AppDbContext db, string sql) =>
        new(sql, (NpgsqlConnection)db.Database.GetDbConnection());

    /// <summary>Adds positional parameters: values, <c>null</c>, or a parameter that names its type.</summary>
    /// <remarks>PostgreSQL infers the type of a <c>null</c>; a parameter is needed where it can't.</remarks>
    public static NpgsqlCommand With(this NpgsqlCommand command, params object?[] values)
    {
        foreach (var value in values)
            command.Parameters.Add(value as NpgsqlParameter ?? new NpgsqlParameter { Value = value ?? DBNull.Value });
        return command;
    }

    /// <summary>A parameter of the type <c>jsonb</c>.</summary>
    public static NpgsqlParameter AsJsonb(this string json) => new() { Value = json, NpgsqlDbType = NpgsqlDbType.Jsonb };

    /// <summary>Runs a query and reads all its rows, which the query bounds.</summary>
    public static async Task<IReadOnlyList<T>> ReadAll<T>(
        this NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        List<T> found = [];
        while (await rows.ReadAsync(cancellationToken))
            found.Add(read(rows));
        return found;
    }

    public static T? ValueOrNull<T>(this NpgsqlDataReader row, int column)
        where T : struct => row.IsDBNull(column) ? null : row.GetFieldValue<T>(column);

    public static string? StringOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
