using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Portico.Orders.Postgres;

/// <summary>Checks that PostgreSQL answers and that every migration of this build is applied.</summary>
/// <remarks>A newer schema is healthy: a newer build is being deployed beside this one.</remarks>
internal sealed class SchemaHealthCheck(NpgsqlDataSource database) : IHealthCheck
{
    private const string Folder = "migrations/";

    // Ids have no gaps, so the last one says it all.
    private static readonly int LastMigration = typeof(SchemaHealthCheck).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
        .Max(name => int.Parse(name.AsSpan(Folder.Length, 4), NumberStyles.None, CultureInfo.InvariantCulture));

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await using var command = database.CreateCommand("SELECT coalesce(max(id), 0) FROM schema_migrations");
        return await command.ExecuteScalarAsync(cancellationToken) is int last && last >= LastMigration
            ? HealthCheckResult.Healthy()
            : new HealthCheckResult(
                context.Registration.FailureStatus, "Migrations are pending: run the Migrator with `up --target orders`.");
    }
}
