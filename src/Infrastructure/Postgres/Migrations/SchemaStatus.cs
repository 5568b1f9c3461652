using Npgsql;

namespace Portico.Infrastructure.Postgres.Migrations;

/// <summary>A migration in the history table of a database.</summary>
public sealed record AppliedMigration(int Id, string Name, string Checksum, DateTimeOffset AppliedAt, string AppliedBy, TimeSpan Duration)
{
    public string FullName => MigrationCatalog.FullName(Id, Name);
}

/// <summary>The schema of a database, compared with the migrations of this build.</summary>
/// <param name="Applied">The migrations of the database.</param>
/// <param name="Pending">The migrations of this build that are not applied.</param>
/// <param name="Changed">The applied migrations whose file has changed since.</param>
/// <param name="Unknown">The applied migrations that this build does not contain, applied by a newer build.</param>
public sealed record SchemaState(
    IReadOnlyList<AppliedMigration> Applied, IReadOnlyList<Migration> Pending, IReadOnlyList<AppliedMigration> Changed,
    IReadOnlyList<AppliedMigration> Unknown)
{
    /// <summary>Says how many migrations are pending in a database, and which.</summary>
    public string DescribePending(string database) =>
        $"{Pending.Count} pending in {database}: {string.Join(", ", Pending.Select(migration => migration.FullName))}.";
}

/// <summary>Reads the applied migrations of a database from its history table.</summary>
public static class SchemaStatus
{
    /// <summary>The table of applied migrations, written by the Migrator; every role of Portico may read it.</summary>
    public const string HistoryTable = "public.schema_migrations";

    /// <summary>Compares the database with the migrations that are part of this build.</summary>
    public static async Task<SchemaState> ReadAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await ReadAsync(connection, MigrationCatalog.BuiltIn, cancellationToken);
    }

    public static async Task<SchemaState> ReadAsync(
        NpgsqlConnection connection, MigrationCatalog catalog, CancellationToken cancellationToken)
    {
        var applied = await ReadHistoryAsync(connection, cancellationToken);
        var ids = applied.Select(row => row.Id).ToHashSet();
        return new SchemaState(
            applied,
            Pending: [.. catalog.Migrations.Where(migration => !ids.Contains(migration.Id))],
            Changed: [.. applied.Where(row => catalog.Find(row.Id) is { } known && known.Checksum != row.Checksum)],
            Unknown: [.. applied.Where(row => catalog.Find(row.Id) is null)]);
    }

    private static async Task<List<AppliedMigration>> ReadHistoryAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var exists = new NpgsqlCommand($"SELECT to_regclass('{HistoryTable}') IS NOT NULL", connection);
        if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
            return [];

        await using var select = new NpgsqlCommand(
            $"SELECT id, name, checksum, applied_at, applied_by, duration_ms FROM {HistoryTable} ORDER BY id", connection);
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var rows = new List<AppliedMigration>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new AppliedMigration(
                reader.GetInt32(0),
                reader.GetString(1),
                reader.GetString(2),
                await reader.GetFieldValueAsync<DateTimeOffset>(3, cancellationToken),
                reader.GetString(4),
                TimeSpan.FromMilliseconds(reader.GetInt64(5))));
        }

        return rows;
    }
}
