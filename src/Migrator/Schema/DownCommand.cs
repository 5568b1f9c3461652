using System.CommandLine;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Schema;

/// <summary><c>down</c>: reverts migrations, the last one first.</summary>
internal static class DownCommand
{
    public static Command Create(CommandHost host)
    {
        var to = new Option<int>("--to")
        {
            Description = "The last migration that stays; 0 reverts all.",
            HelpName = "ID",
            Required = true
        };
        var force = new Option<bool>("--force") { Description = "Allow it in production too." };
        return host.Create(
            "down", "Revert migrations, the last one first. The data of their tables is lost.", [to, force, .. WorkLimits.Options()],
            (run, cancellationToken) => RunAsync(run, run.Arguments.GetValue(to), run.Arguments.GetValue(force), cancellationToken),
            CommandScope.OneTarget);
    }

    private static async Task<ExitCode> RunAsync(CommandRun run, int to, bool force, CancellationToken cancellationToken)
    {
        MigrationTarget.Check(run.Catalog, to, lowest: 0);
        var target = run.Settings.Migrator;
        run.Report.Set("database", target.Database);
        if (run.Settings.IsProduction && !force)
            throw new MigratorException(
                "down loses data, and this is production: add --force to confirm, "
                + "or set DOTNET_ENVIRONMENT if this is another environment.");

        await using var runner = await MigrationRunner.OpenAsync(
            target, run.Settings.Roles, run.Catalog, WorkLimits.Of(run), run.Report, cancellationToken);
        var state = await runner.ReadStateAsync(cancellationToken);

        // A changed file may be reverted, so that its new form can be applied.
        MigrationTarget.RefuseDrift(state with { Changed = [] }, run.Report);

        List<object> reverted = [];
        run.Report.Set("reverted", reverted);
        foreach (var row in state.Applied.Where(row => row.Id > to).OrderByDescending(row => row.Id))
        {
            var elapsed = await runner.RevertAsync(run.Catalog.Migrations[row.Id - 1], cancellationToken);
            reverted.Add(new { row.Id, row.Name, DurationMs = (long)elapsed.TotalMilliseconds });
            run.Report.Set("reverted", reverted);
            run.Report.Line($"Reverted {row.FullName} in {elapsed.TotalMilliseconds:0} ms.");
        }

        if (reverted.Count == 0)
            run.Report.Line($"Nothing above {to:0000} is applied.");
        return ExitCode.Ok;
    }
}
