using System.Globalization;
using System.Security.Cryptography;
using Npgsql;
using Portico.Infrastructure.Postgres;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Schema;

/// <summary>A temporary database for one check; it is dropped at the end, even when the check fails.</summary>
internal sealed class ScratchDatabase(NpgsqlConnection bootstrap, string name) : IAsyncDisposable
{
    private const string Prefix = "portico_scratch_";
    private const string Clock = "yyyyMMddHHmmss";
    private static readonly TimeSpan LongestCheck = TimeSpan.FromHours(1);
    private static readonly TimeSpan DropTimeout = TimeSpan.FromSeconds(30);

    public string Name => name;

    public static async Task<ScratchDatabase> CreateAsync(
        NpgsqlConnection bootstrap, DatabaseRoles roles, CancellationToken cancellationToken)
    {
        await DropAbandonedAsync(bootstrap, cancellationToken);
        var scratch = new ScratchDatabase(bootstrap, $"{Prefix}{Now()}_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}");
        try
        {
            await DatabaseBootstrap.CreateDatabaseAsync(bootstrap, scratch.Name, roles, cancellationToken);
            return scratch;
        }
        catch
        {
            await scratch.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Drop it even after a cancellation.
        using var timeout = new CancellationTokenSource(DropTimeout);
        await DatabaseBootstrap.DropDatabaseAsync(bootstrap, name, timeout.Token);
    }

    /// <summary>Drops the databases of checks that were killed.</summary>
    private static async Task DropAbandonedAsync(NpgsqlConnection bootstrap, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT datname FROM pg_database WHERE datname ^@ $1 AND datname < $2", bootstrap)
            .With(Prefix, Prefix + Now(-LongestCheck));
        foreach (var name in await command.ReadAll(row => row.GetString(0), cancellationToken))
            await DatabaseBootstrap.DropDatabaseAsync(bootstrap, name, cancellationToken);
    }

    private static string Now(TimeSpan offset = default) =>
        (TimeProvider.System.GetUtcNow() + offset).ToString(Clock, CultureInfo.InvariantCulture);
}
