using Npgsql;
using Portico.DevStack;

namespace Portico.IntegrationTests.Migrations;

/// <summary>A PostgreSQL of its own: these tests change roles, which belong to the whole server.</summary>
public sealed class MigratorCluster : IAsyncLifetime
{
    private const string MigratedDatabase = "migrated";
    private static int s_lastDatabase;
    private readonly Lazy<Task> _migrated;
    private LocalStack? _stack;

    public MigratorCluster() => _migrated = new Lazy<Task>(() => NewMigrator(MigratedDatabase).SucceedAsync("up"));

    public PostgresServer Server => _stack!.Postgres;

    public async Task InitializeAsync() => _stack = await LocalStack.StartAsync(new LocalStackOptions { Servers = LocalServers.Postgres });

    public async Task DisposeAsync() => await _stack!.DisposeAsync();

    /// <summary>A Migrator for a database that does not exist yet.</summary>
    internal TestMigrator NewMigrator() => NewMigrator($"test_{Interlocked.Increment(ref s_lastDatabase)}");

    /// <summary>A Migrator for a database that is up to date and stays so: tests share it.</summary>
    internal async Task<TestMigrator> MigratedAsync()
    {
        await _migrated.Value;
        return NewMigrator(MigratedDatabase);
    }

    internal Task<NpgsqlConnection> OpenAsync() => TestMigrator.OpenAsync(Server.ConnectionString);

    private TestMigrator NewMigrator(string database) => new(Server.ConnectionString, database);

    [CollectionDefinition(Name)]
    public sealed class Tests : ICollectionFixture<MigratorCluster>
    {
        public const string Name = "Migrator cluster";
    }
}
