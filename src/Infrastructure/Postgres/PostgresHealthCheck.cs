using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using Portico.Infrastructure.Postgres.Migrations;

namespace Portico.Infrastructure.Postgres;

/// <summary>Checks that PostgreSQL answers, no migration is pending, and the reference data exists, which registration needs.</summary>
/// <remarks>A newer schema is healthy: a newer build is being deployed beside this one.</remarks>
internal sealed class PostgresHealthCheck(NpgsqlDataSource database) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var schema = await SchemaStatus.ReadAsync(database, cancellationToken);
        if (schema.Pending.Count > 0)
        {
            var pending = string.Join(", ", schema.Pending.Select(migration => migration.Id));
            return new HealthCheckResult(
                context.Registration.FailureStatus, $"Migrations are pending ({pending}): run the Migrator with `up`.");
        }

        return await database.CreateCommand("SELECT EXISTS (SELECT FROM roles)").ReadValue(cancellationToken) is true
            ? HealthCheckResult.Healthy()
            : new HealthCheckResult(
                context.Registration.FailureStatus, "The reference data is missing: run the Seeder with `reference`.");
    }
}
