using Npgsql;
using Portico.Application.Common.Health;
using Portico.Infrastructure.Persistence.Migrations;

namespace Portico.Infrastructure.Persistence;

/// <summary>PostgreSQL answers, its schema is not behind this build, and the reference data is there, without which nobody can sign up.</summary>
/// <remarks>A schema that is ahead is well: a newer build is being rolled out beside this one.</remarks>
internal sealed class PostgresReadiness(NpgsqlDataSource database) : IReadinessCheck
{
    public string Name => "postgresql";

    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        var schema = await SchemaStatus.ReadAsync(database, cancellationToken);
        if (schema.Pending.Count > 0)
            throw new InvalidOperationException($"Migrations are pending ({string.Join(", ", schema.Pending.Select(migration => migration.Id))}): run the Migrator with `up`.");

        await using var command = database.CreateCommand("SELECT EXISTS (SELECT FROM roles)");
        if (await command.ExecuteScalarAsync(cancellationToken) is not true)
            throw new InvalidOperationException("The reference data is missing: run the Seeder with `reference`.");
    }
}
