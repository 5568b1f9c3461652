using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using Portico.Infrastructure.Postgres.Migrations;

namespace Portico.Infrastructure.Postgres;

/// <summary>PostgreSQL answers, its schema is not behind this build, and the reference data is there: sign-up needs it.</summary>
/// <remarks>A schema that is ahead is well: a newer build is being rolled out beside this one.</remarks>
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

        await using var command = database.CreateCommand("SELECT EXISTS (SELECT FROM roles)");
        if (await command.ExecuteScalarAsync(cancellationToken) is not true)
            return new HealthCheckResult(
                context.Registration.FailureStatus, "The reference data is missing: run the Seeder with `reference`.");
        return HealthCheckResult.Healthy();
    }
}
