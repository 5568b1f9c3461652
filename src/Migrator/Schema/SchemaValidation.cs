using Npgsql;
using Portico.Infrastructure.Postgres.Migrations;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Schema;

/// <summary>Checks on scratch databases that every migration can be applied and reverted, and that the schema fits the EF model.</summary>
internal sealed class SchemaValidation(MigratorSettings settings, MigrationCatalog catalog, WorkLimits limits, CommandReport report)
{
    /// <summary>Lists the problems, one line each.</summary>
    /// <param name="createScript">Returns the SQL of the EF schema for an empty database; null without an EF model.</param>
    /// <param name="cancellationToken">Cancels the validation; the scratch databases are dropped in any case.</param>
    public async Task<IReadOnlyList<string>> RunAsync(Func<NpgsqlConnection, string>? createScript, CancellationToken cancellationToken)
    {
        await using var bootstrap = await DatabaseServer.OpenAsync(settings.Bootstrap, limits.ConnectTimeout, report, cancellationToken);
        await using var scratch = await ScratchDatabase.CreateAsync(bootstrap, settings.Roles, cancellationToken);
        await using var runner = await MigrationRunner.OpenAsync(
            settings.Migrator.In(scratch.Name), settings.Roles, catalog, limits, report, cancellationToken);

        var states = await GoUpAsync(runner, cancellationToken);
        var fromModel = createScript is null
            ? []
            : await CompareWithModelAsync(runner.Connection, bootstrap, createScript, cancellationToken);
        var onTheWay = await GoDownAndUpAsync(runner, states, cancellationToken);
        return [.. fromModel, .. onTheWay];
    }

    private async Task<IReadOnlyList<string>> CompareWithModelAsync(
        NpgsqlConnection migrated, NpgsqlConnection bootstrap, Func<NpgsqlConnection, string> createScript,
        CancellationToken cancellationToken)
    {
        await using var scratch = await ScratchDatabase.CreateAsync(bootstrap, settings.Roles, cancellationToken);
        await using var model = await DatabaseServer.OpenAsync(
            settings.Migrator.In(scratch.Name), limits.ConnectTimeout, report, cancellationToken);
        await DatabaseServer.ExecuteAsync(model, $"SET ROLE {settings.Roles.Owner}", cancellationToken);
        await DatabaseServer.ExecuteAsync(model, createScript(model), cancellationToken);
        return await SchemaComparison.CompareAsync(migrated, model, cancellationToken);
    }

    /// <summary>Applies all migrations and returns the state before the first and after each.</summary>
    private async Task<List<IReadOnlySet<string>>> GoUpAsync(MigrationRunner runner, CancellationToken cancellationToken)
    {
        var states = new List<IReadOnlySet<string>> { await SchemaSnapshot.ReadAsync(runner.Connection, cancellationToken) };
        foreach (var migration in catalog.Migrations)
        {
            await runner.ApplyAsync(migration, cancellationToken);
            states.Add(await SchemaSnapshot.ReadAsync(runner.Connection, cancellationToken));
        }

        return states;
    }

    /// <summary>Reverts each migration, compares each state with the earlier one, and applies all again if they are equal.</summary>
    private async Task<List<string>> GoDownAndUpAsync(
        MigrationRunner runner, List<IReadOnlySet<string>> states, CancellationToken cancellationToken)
    {
        List<string> differences = [];
        foreach (var migration in catalog.Migrations.Reverse())
        {
            await runner.RevertAsync(migration, cancellationToken);
            await CompareAsync(migration.Down.FileName, states[migration.Id - 1]);
            if (differences.Count > 0)
                return differences;
        }

        foreach (var migration in catalog.Migrations)
            await runner.ApplyAsync(migration, cancellationToken);
        await CompareAsync("all down and up again", states[^1]);
        return differences;

        async Task CompareAsync(string step, IReadOnlySet<string> before)
        {
            var after = await SchemaSnapshot.ReadAsync(runner.Connection, cancellationToken);
            differences.AddRange(SchemaSnapshot.Differences(before, after).Select(difference => $"{step}: {difference}"));
        }
    }
}
