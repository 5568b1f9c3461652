using Npgsql;
using Portico.Infrastructure.Postgres;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Schema;

/// <summary>Finds the differences between the schema of the EF model and the schema of the SQL migrations.</summary>
/// <remarks>
/// Both are read from the PostgreSQL catalogs with the same queries. Compared are the tables of EF: columns, primary keys, foreign keys
/// and unique indexes in both directions, other indexes and defaults where EF declares them. Not compared, because only SQL has them:
/// other tables, CHECK constraints, triggers, rights, other indexes that are not unique or on expressions, and other defaults of
/// columns that EF always writes.
/// </remarks>
internal sealed class SchemaComparison
{
    private const string UserTables =
        """
        SELECT c.oid, c.oid::regclass::text AS title FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        """;

    private const string ColumnsSql =
        $"""
        WITH tables AS ({UserTables})
        SELECT t.title, a.attname,
            format_type(a.atttypid, a.atttypmod) || coalesce(' COLLATE ' || nullif(a.attcollation, y.typcollation)::regcollation::text, ''),
            a.attnotnull, a.attidentity::text, a.attgenerated::text, pg_get_expr(d.adbin, d.adrelid)
        FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
            JOIN pg_type y ON y.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        """;

    private const string IndexesSql =
        $"""
        WITH tables AS ({UserTables})
        SELECT t.title, x.relname, i.indisprimary, i.indisunique, i.indnullsnotdistinct, m.amname,
            pg_get_expr(i.indpred, i.indrelid), 0 = ANY (i.indkey),
            ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, false)
                    || CASE WHEN o.opcdefault THEN '' ELSE ' ' || o.opcname END
                    || CASE i.indoption[k - 1] & 3 WHEN 1 THEN ' DESC NULLS LAST' WHEN 2 THEN ' NULLS FIRST' WHEN 3 THEN ' DESC' ELSE '' END
                FROM generate_series(1, i.indnkeyatts) k JOIN pg_opclass o ON o.oid = i.indclass[k - 1] ORDER BY k),
            ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, false) FROM generate_series(i.indnkeyatts + 1, i.indnatts) k ORDER BY k)
        FROM tables t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam
        WHERE i.indisvalid
        """;

    private const string ForeignKeysSql =
        $"""
        WITH tables AS ({UserTables})
        SELECT t.title, k.confrelid::regclass::text, k.confdeltype::text,
            ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(num, ord)
                JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num ORDER BY u.ord),
            ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(num, ord)
                JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num ORDER BY u.ord)
        FROM tables t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f'
        """;

    private readonly Dictionary<string, Table> _sql;
    private readonly Dictionary<string, Table> _model;
    private readonly List<string> _differences = [];

    private SchemaComparison(Dictionary<string, Table> sql, Dictionary<string, Table> model)
    {
        _sql = sql;
        _model = model;
    }

    /// <summary>Lists the differences, one line each; none when the schema is as EF expects it.</summary>
    /// <param name="sql">The database of the migrations.</param>
    /// <param name="model">The database of the script that EF generated.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    public static async Task<IReadOnlyList<string>> CompareAsync(
        NpgsqlConnection sql, NpgsqlConnection model, CancellationToken cancellationToken)
    {
        var comparison = new SchemaComparison(await ReadAsync(sql, cancellationToken), await ReadAsync(model, cancellationToken));
        return comparison.Run();
    }

    private List<string> Run()
    {
        foreach (var (name, expected) in _model.OrderBy(table => table.Key, StringComparer.Ordinal))
        {
            if (!_sql.TryGetValue(name, out var actual))
            {
                Add(name, "the EF model has this table, the SQL has not");
                continue;
            }

            CompareColumns(name, actual, expected);
            CompareText($"{name}: primary key", actual.PrimaryKey, expected.PrimaryKey);
            CompareIndexes(name, actual, expected);
            CompareForeignKeys(name, actual, expected);
        }

        return _differences;
    }

    private void CompareColumns(string table, Table actual, Table expected)
    {
        foreach (var name in actual.Columns.Keys.Union(expected.Columns.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var title = $"{table}.{name}";
            if (!actual.Columns.TryGetValue(name, out var sql))
            {
                Add(title, "the EF model has this column, the SQL has not");
            }
            else if (!expected.Columns.TryGetValue(name, out var model))
            {
                Add(title, "the SQL has this column, the EF model has not");
            }
            else
            {
                CompareText($"{title}: type", sql.Type, model.Type);
                CompareText($"{title}: nullability", sql.Nullability, model.Nullability);
                CompareText($"{title}: identity", sql.Identity, model.Identity);
                CompareText($"{title}: generated as", sql.Generated, model.Generated);
                if (model.Default is not null)
                    CompareText($"{title}: default", sql.Default, model.Default);
            }
        }
    }

    private void CompareIndexes(string table, Table actual, Table expected)
    {
        // Compared by name, because the code uses the name to find the rule that a row violates.
        foreach (var name in actual.Indexes.Keys.Union(expected.Indexes.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var sql = actual.Indexes.GetValueOrDefault(name);
            var model = expected.Indexes.GetValueOrDefault(name);
            if (sql is { Unique: true, OnExpression: false } || model is { Unique: true })
                CompareText($"{table}: unique index {name}", sql?.ToString(), model?.ToString());
            else if (model is not null && !actual.Indexes.Values.Any(index => index.Serves(model)) && !actual.PrimaryServes(model))
                CompareText($"{table}: index {name}", sql?.ToString(), model.ToString());
        }
    }

    private void CompareForeignKeys(string table, Table actual, Table expected)
    {
        foreach (var key in expected.ForeignKeys.Except(actual.ForeignKeys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
            Add(table, $"the EF model has the foreign key {key}, the SQL has not");
        foreach (var key in actual.ForeignKeys.Except(expected.ForeignKeys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
            Add(table, $"the SQL has the foreign key {key}, the EF model has not");
    }

    private void CompareText(string what, string? sql, string? model)
    {
        if (sql != model)
            _differences.Add($"{what}: the SQL has {sql ?? "none"}, the EF model has {model ?? "none"}.");
    }

    private void Add(string what, string difference) => _differences.Add($"{what}: {difference}.");

    private static async Task<Dictionary<string, Table>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // PostgreSQL then writes names with their schema, except public, in both databases.
        await DatabaseServer.ExecuteAsync(connection, "SET search_path TO public", cancellationToken);
        var tables = new Dictionary<string, Table>(StringComparer.Ordinal);
        await foreach (var row in RowsAsync(connection, ColumnsSql, cancellationToken))
            Of(row).Columns.Add(row.GetString(1), Column.Read(row));
        await foreach (var row in RowsAsync(connection, IndexesSql, cancellationToken))
        {
            var index = TableIndex.Read(row);
            if (index.Primary)
                Of(row).Primary = index;
            else
                Of(row).Indexes.Add(row.GetString(1), index);
        }

        await foreach (var row in RowsAsync(connection, ForeignKeysSql, cancellationToken))
            Of(row).ForeignKeys.Add(ForeignKey(row));
        return tables;

        Table Of(NpgsqlDataReader row)
        {
            var name = row.GetString(0);
            if (!tables.TryGetValue(name, out var table))
                tables.Add(name, table = new Table());
            return table;
        }
    }

    private static async IAsyncEnumerable<NpgsqlDataReader> RowsAsync(
        NpgsqlConnection connection,
        string sql,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            yield return reader;
    }

    private static string ForeignKey(NpgsqlDataReader row)
    {
        var rule = row.GetString(2) switch
        {
            "a" => "NO ACTION",
            "r" => "RESTRICT",
            "c" => "CASCADE",
            "n" => "SET NULL",
            _ => "SET DEFAULT",
        };
        var columns = string.Join(", ", row.GetFieldValue<string[]>(3));
        var target = string.Join(", ", row.GetFieldValue<string[]>(4));
        return $"({columns}) to {row.GetString(1)} ({target}) on delete {rule}";
    }

    private sealed class Table
    {
        public Dictionary<string, Column> Columns { get; } = new(StringComparer.Ordinal);
        public Dictionary<string, TableIndex> Indexes { get; } = new(StringComparer.Ordinal);
        public HashSet<string> ForeignKeys { get; } = new(StringComparer.Ordinal);
        public TableIndex? Primary { get; set; }
        public string? PrimaryKey => Primary?.ToString();

        public bool PrimaryServes(TableIndex wanted) => Primary?.Serves(wanted) is true;
    }

    private sealed record Column(string Type, string Nullability, string? Identity, string? Generated, string? Default)
    {
        public static Column Read(NpgsqlDataReader row)
        {
            var expression = row.StringOrNull(6);
            var isGenerated = row.GetString(5).Length > 0;
            var identity = row.GetString(4) switch
            {
                "a" => "ALWAYS",
                "d" => "BY DEFAULT",
                _ => null,
            };
            return new Column(
                row.GetString(2),
                row.GetBoolean(3) ? "NOT NULL" : "NULL",
                identity,
                isGenerated ? expression : null,
                isGenerated ? null : expression);
        }
    }

    private sealed record TableIndex(
        bool Primary,
        bool Unique,
        bool OnExpression,
        string Method,
        string[] Columns,
        string[] Included,
        string? Filter,
        bool NullsNotDistinct)
    {
        public static TableIndex Read(NpgsqlDataReader row) => new(
            row.GetBoolean(2),
            row.GetBoolean(3),
            row.GetBoolean(7),
            row.GetString(5),
            row.GetFieldValue<string[]>(8),
            row.GetFieldValue<string[]>(9),
            row.StringOrNull(6),
            row.GetBoolean(4));

        /// <summary>Whether it can replace the wanted index: for a B-tree the same first columns are enough.</summary>
        public bool Serves(TableIndex wanted) => Method == wanted.Method && Filter == wanted.Filter
            && wanted.Included.All(
                column => Included.Contains(column, StringComparer.Ordinal) || Columns.Contains(column, StringComparer.Ordinal))
            && (Method == "btree" ? Columns.Take(wanted.Columns.Length) : Columns).SequenceEqual(wanted.Columns, StringComparer.Ordinal);

        public override string ToString() => (Unique && !Primary ? "unique " : "")
            + $"({string.Join(", ", Columns)})"
            + (Included.Length > 0 ? $" include ({string.Join(", ", Included)})" : "")
            + (Method == "btree" ? "" : $" using {Method}")
            + (NullsNotDistinct ? " nulls not distinct" : "")
            + (Filter is null ? "" : $" where {Filter}");
    }
}
