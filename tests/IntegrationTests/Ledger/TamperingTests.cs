using System.Globalization;
using System.Numerics;
using Npgsql;
using Portico.Infrastructure.HashChain;
using Portico.Infrastructure.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Ledger;

/// <summary>Changes single bits as a superuser, in every column of the history and of the chain over it.</summary>
[Collection(VerifiedLedger.Name)]
[Trait("Category", Campaign.Category)]
public sealed class TamperingTests(VerifiedLedger ledger)
{
    // Each table with the columns of its key, and those of other rows that may be named for it.
    private static readonly (string Table, string Key, string Named)[] Tables =
    [
        ("ledger.journals", "id", "ARRAY[id::text]"),
        ("ledger.postings", "account_id, account_version", "ARRAY[journal_id::text]"),
        ("ledger.blocks", "height", "ARRAY[height::text]"),
        ("ledger.block_journals", "journal_id", "ARRAY[journal_id::text, format('height %s position %s', height, position)]"),
        ("ledger.chain_keys", "id", "ARRAY[id::text]"),
    ];

    // The sealed private key is useless without the sealing key, and no head depends on when its key was made.
    private static readonly string[] NotSealed = ["ledger.chain_keys.sealed_key", "ledger.chain_keys.created_at"];

    [Fact]
    public Task A_single_changed_bit_in_any_column_is_found_and_the_row_is_named() => Campaign.Run(1, async seed =>
    {
        var random = new Random(seed);
        await using var connection = await ledger.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        // A bit may break what a constraint demands, and nothing but the verification shall find it.
        await ExecuteAsync(
            connection,
            """
            DO $$ DECLARE c record; BEGIN
                FOR c IN SELECT conrelid::regclass AS relation, conname FROM pg_constraint
                    WHERE contype = 'c' AND connamespace = 'ledger'::regnamespace
                LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.relation, c.conname); END LOOP;
            END $$
            """);
        Assert.True((await LedgerVerification.JudgeAsync(connection, _ => { }, default)).Clean);
        foreach (var (table, key, named) in Tables)
        {
            foreach (var (column, type) in await ColumnsAsync(connection, table))
            {
                if (NotSealed.Contains($"{table}.{column}", StringComparer.Ordinal))
                    continue;
                await transaction.SaveAsync("unchanged");
                var names = await ChangeAsync(connection, transaction, random, table, key, named, column, type);
                var found = await LedgerVerification.JudgeAsync(connection, _ => { }, default);
                var wrong = found.Checks.Where(check => !check.Clean).Select(check => check.FirstWrong!).ToArray();
                Assert.True(
                    Array.Exists(wrong, row => names.Any(name => row.Row.Split(' ').Contains(name) || row.Row == name)),
                    $"{table}.{column} of {string.Join(" or ", names)} was changed, and these were named: "
                        + string.Join("; ", wrong.Select(row => $"{row}")));
                await transaction.RollbackAsync("unchanged");
            }
        }
    });

    /// <summary>Flips a bit of a random row, and gives the names by which the row may be called before and after.</summary>
    private static async Task<string[]> ChangeAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Random random, string table, string key, string named, string column,
        string type)
    {
        while (true)
        {
            var rows = new List<(string Place, object? Value, string[] Names)>();
            await using (var select = new NpgsqlCommand(
                $"SELECT ctid::text, {(type == "numeric" ? $"{column}::text" : column)}, {named} FROM {table} ORDER BY {key}", connection))
            await using (var reader = await select.ExecuteReaderAsync())
            {
                while (await reader.ReadAsync())
                {
                    object? value = reader.IsDBNull(1) ? null : type == "timestamptz" ? reader.GetFieldValue<long>(1) : reader.GetValue(1);
                    rows.Add((reader.GetString(0), value, reader.GetFieldValue<string[]>(2)));
                }
            }

            var (place, old, names) = rows[random.Next(rows.Count)];
            await transaction.SaveAsync("attempt");
            try
            {
                await ExecuteAsync(connection, $"ALTER TABLE {table} DISABLE TRIGGER USER");
                var changed = type == "numeric" ? "$1::text::numeric" : "$1";
                await using var update = new NpgsqlCommand(
                    $"UPDATE {table} SET {column} = {changed} WHERE ctid = '{place}' RETURNING {named}", connection);
                update.Parameters.Add(Parameter(type, Flip(random, type, old)));
                var later = (string[])(await update.ExecuteScalarAsync())!;
                await ExecuteAsync(connection, $"ALTER TABLE {table} ENABLE TRIGGER USER");
                return [.. names, .. later];
            }
            catch (PostgresException taken) when (taken.SqlState is PostgresErrorCodes.UniqueViolation)
            {
                await transaction.RollbackAsync("attempt");
            }
        }
    }

    private static object Flip(Random random, string type, object? value)
    {
        switch (type)
        {
            case "uuid":
                var id = ((Guid?)value ?? Guid.NewGuid()).ToByteArray();
                id[random.Next(id.Length)] ^= (byte)(1 << random.Next(8));
                return new Guid(id);
            case "bytea":
                var bytes = (byte[])((byte[])value!).Clone();
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
            case "int8":
                return ((long?)value ?? 0) ^ (1L << random.Next(63));
            case "timestamptz":
                return (long)value! ^ (1L << random.Next(56));
            case "int4":
                return (int)value! ^ (1 << random.Next(31));
            case "numeric":
                return (BigInteger.Parse((string)value!, CultureInfo.InvariantCulture) ^ (BigInteger.One << random.Next(120)))
                    .ToString(CultureInfo.InvariantCulture);
            case "varchar" when value is string { Length: > 0 } text:
                var at = random.Next(text.Length);
                return string.Concat(text.AsSpan(0, at), $"{(char)(text[at] ^ (1 << random.Next(3)))}", text.AsSpan(at + 1));
            case "varchar":
                return "x";
            default:
                throw new InvalidOperationException($"{type} has no bits here.");
        }
    }

    private static NpgsqlParameter Parameter(string type, object value) =>
        type == "timestamptz" ? RowValues.Time((long)value) : new NpgsqlParameter { Value = value };

    private static async Task<List<(string Name, string Type)>> ColumnsAsync(NpgsqlConnection connection, string table)
    {
        await using var command = new NpgsqlCommand(
            "SELECT column_name, udt_name FROM information_schema.columns WHERE table_schema || '.' || table_name = $1 ORDER BY 1",
            connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = table } },
        };
        await using var reader = await command.ExecuteReaderAsync();
        var columns = new List<(string, string)>();
        while (await reader.ReadAsync())
            columns.Add((reader.GetString(0), reader.GetString(1)));
        return columns;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
