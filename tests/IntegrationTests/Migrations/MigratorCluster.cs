using Npgsql;
using Portico.DevStack;

namespace Portico.IntegrationTests.Migrations;

/// <summary>A PostgreSQL of its own: these tests change roles, which belong to the whole server.</summary>
public sealed class MigratorCluster : IAsyncLifetime
{
    private static int s_lastDatabase;
    private LocalStack? _stack;

    public PostgresServer Server => _stack!.Postgres;

    public async Task InitializeAsync() => _stack = await LocalStack.StartAsync(new LocalStackOptions { Servers = LocalServers.Postgres });

    public async Task DisposeAsync() => await _stack!.DisposeAsync();

    /// <summary>A Migrator for a database that does not exist yet.</summary>
    internal TestMigrator NewMigrator() => new(Server.ConnectionString, $"test_{Interlocked.Increment(ref s_lastDatabase)}");

    internal Task<NpgsqlConnection> OpenAsync() => TestMigrator.OpenAsync(Server.ConnectionString);

    [CollectionDefinition(Name)]
    public sealed class Tests : ICollectionFixture<MigratorCluster>
    {
        public const string Name = "Migrator cluster";
    }
}
