using Npgsql;
using Portico.Infrastructure.Persistence.Migrations;

namespace Portico.Migrator;

/// <summary>Proves on scratch databases that every migration goes up and down, and that EF finds the schema that it expects.</summary>
internal sealed class SchemaValidation(MigratorSettings settings, MigrationCatalog catalog, WorkLimits limits, CommandReport report)
{
    /// <summary>What is wrong, a line each.</summary>
    /// <param name="createScript">Gives the SQL by which EF would make its schema, for a connection to an empty database.</param>
    /// <param name="cancellationToken">Ends the validation; the scratch databases are dropped all the same.</param>
    public async Task<IReadOnlyList<string>> RunAsync(Func<NpgsqlConnection, string> createScript, CancellationToken cancellationToken)
    {
        await using var bootstrap = await DatabaseServer.OpenAsync(settings.Bootstrap, limits.ConnectTimeout, report, cancellationToken);
        await using var migrated = await ScratchDatabase.CreateAsync(bootstrap, cancellationToken);
        await using var modelled = await ScratchDatabase.CreateAsync(bootstrap, cancellationToken);

        await using var runner = await MigrationRunner.OpenAsync(settings.Migrator.In(migrated.Name), catalog, limits, report, cancellationToken);
        var differences = await GoUpAndDownAsync(runner, cancellationToken);

        await using var model = await DatabaseServer.OpenAsync(settings.Migrator.In(modelled.Name), limits.ConnectTimeout, report, cancellationToken);
        await DatabaseServer.ExecuteAsync(model, $"SET ROLE {DatabaseRoles.Owner}", cancellationToken);
        await DatabaseServer.ExecuteAsync(model, createScript(model), cancellationToken);
        return [.. differences, .. await SchemaComparison.CompareAsync(runner.Connection, model, cancellationToken)];
    }

    /// <summary>Applies all, takes each back, and applies all again: every state must be met again on the way.</summary>
    private async Task<List<string>> GoUpAndDownAsync(MigrationRunner runner, CancellationToken cancellationToken)
    {
        var states = new List<IReadOnlySet<string>> { await SchemaSnapshot.ReadAsync(runner.Connection, cancellationToken) };
        foreach (var migration in catalog.Migrations)
        {
            await runner.ApplyAsync(migration, cancellationToken);
            states.Add(await SchemaSnapshot.ReadAsync(runner.Connection, cancellationToken));
        }

        List<string> differences = [];
        foreach (var migration in catalog.Migrations.Reverse())
        {
            await runner.RevertAsync(migration, cancellationToken);
            Compare(migration.Down.FileName, states[migration.Id - 1], await SchemaSnapshot.ReadAsync(runner.Connection, cancellationToken));
        }

        foreach (var migration in catalog.Migrations)
            await runner.ApplyAsync(migration, cancellationToken);
        if (differences.Count == 0)
            Compare("all down and up again", states[^1], await SchemaSnapshot.ReadAsync(runner.Connection, cancellationToken));
        return differences;

        void Compare(string step, IReadOnlySet<string> before, IReadOnlySet<string> after) =>
            differences.AddRange(SchemaSnapshot.Differences(before, after).Select(difference => $"{step}: {difference}"));
    }
}
