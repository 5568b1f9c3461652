using Npgsql;
using Portico.Application.Common.Health;

namespace Portico.Infrastructure.Persistence;

/// <summary>PostgreSQL answers and the reference data is there, without which nobody can sign up.</summary>
internal sealed class PostgresReadiness(NpgsqlDataSource database) : IReadinessCheck
{
    public string Name => "postgresql";

    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT EXISTS (SELECT FROM roles)");
        if (await command.ExecuteScalarAsync(cancellationToken) is not true)
            throw new InvalidOperationException("The reference data is missing: run the Seeder with `reference`.");
    }
}
