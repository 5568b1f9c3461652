using System.CommandLine;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Schema;

/// <summary><c>up</c>: creates missing roles and the database, then applies pending migrations.</summary>
internal static class UpCommand
{
    public static Command Create(CommandHost host)
    {
        var to = MigrationTarget.Option(
            "--to", "The last migration to apply to the database of --target; by default all of each database.");
        return host.Create(
            "up", "Apply pending migrations; create the roles and the database if they are missing.", [to, .. WorkLimits.Options()],
            (run, cancellationToken) => RunAsync(run, run.Arguments.GetValue(to), cancellationToken), CommandScope.EachTarget, to);
    }

    private static async Task<ExitCode> RunAsync(CommandRun run, int? to, CancellationToken cancellationToken)
    {
        var last = to is { } id ? MigrationTarget.Check(run.Catalog, id, lowest: 1) : run.Catalog.Migrations.Count;
        var (target, limits) = (run.Settings.Migrator, WorkLimits.Of(run));
        run.Report.Set("database", target.Database);
        if (run.Settings.OptionalBootstrap is not null)
            await new DatabaseBootstrap(run.Settings, run.Report).EnsureAsync(withDatabase: true, limits, cancellationToken);

        await using (var connection = await run.OpenAsync(target, cancellationToken))
            await DatabaseLocale.CheckAsync(connection, cancellationToken);

        await using var runner = await MigrationRunner.OpenAsync(
            target, run.Settings.Roles, run.Catalog, limits, run.Report, cancellationToken);
        var state = await runner.ReadStateAsync(cancellationToken);
        MigrationTarget.RefuseDrift(state, run.Report);

        List<object> applied = [];
        run.Report.Set("applied", applied);
        var pending = state.Pending.Where(migration => migration.Id <= last).ToList();
        MigrationTarget.RefuseDangers(pending);
        foreach (var migration in pending)
        {
            var elapsed = await runner.ApplyAsync(migration, cancellationToken);
            applied.Add(new { migration.Id, migration.Name, DurationMs = (long)elapsed.TotalMilliseconds });
            run.Report.Set("applied", applied);
            run.Report.Line($"Applied {migration.FullName} in {elapsed.TotalMilliseconds:0} ms.");
        }

        if (applied.Count == 0)
            run.Report.Line(state.Pending.Count == 0 ? $"{target.Database} is up to date." : $"Nothing is pending up to {last:0000}.");
        return ExitCode.Ok;
    }
}
