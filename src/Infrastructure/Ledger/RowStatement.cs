using Npgsql;
using NpgsqlTypes;

namespace Portico.Infrastructure.Ledger;

/// <summary>A statement for any number of rows, with one array parameter for each column.</summary>
internal sealed class RowStatement<TRow>(string sql)
{
    private readonly List<Action<IReadOnlyList<TRow>>> _columns = [];

    public NpgsqlBatchCommand Command { get; } = new(sql);

    /// <summary>Adds the next parameter, an array with one value for each row.</summary>
    public RowStatement<TRow> With<TValue>(Func<TRow, TValue> value) => Add(new NpgsqlParameter<TValue[]> { TypedValue = [] }, value);

    /// <summary>Adds the next parameter, an array of texts, which are in UTF-8 already.</summary>
    public RowStatement<TRow> WithText(Func<TRow, byte[]> text) =>
        Add(new NpgsqlParameter<byte[][]> { TypedValue = [], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text }, text);

    public void Fill(IReadOnlyList<TRow> rows)
    {
        foreach (var column in _columns)
            column(rows);
    }

    private RowStatement<TRow> Add<TValue>(NpgsqlParameter<TValue[]> parameter, Func<TRow, TValue> value)
    {
        Command.Parameters.Add(parameter);
        _columns.Add(rows =>
        {
            var values = new TValue[rows.Count];
            for (var i = 0; i < values.Length; i++)
                values[i] = value(rows[i]);
            parameter.TypedValue = values;
        });
        return this;
    }
}

internal static class RowStatement
{
    /// <summary>The columns of a SELECT that makes rows of the first array parameters, the first of their first values.</summary>
    /// <remarks>
    /// PostgreSQL makes one row after the other. It would first store the values of each array of <c>FROM unnest($1, $2)</c>.
    /// </remarks>
    public static string Columns(int count) => string.Join(", ", Enumerable.Range(1, count).Select(number => $"unnest(${number})"));
}
