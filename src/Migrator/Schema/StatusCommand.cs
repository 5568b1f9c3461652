using System.CommandLine;
using Portico.Infrastructure.Postgres.Migrations;
using Portico.Migrator.Commands;
using Spectre.Console;

namespace Portico.Migrator.Schema;

/// <summary><c>status</c>: shows applied, pending and changed migrations.</summary>
internal static class StatusCommand
{
    public static Command Create(CommandHost host)
    {
        var check =
            new Option<bool>("--check") { Description = "Exit with 2 when a migration is pending, with 4 when the database has drifted." };
        return host.Create(
            "status", "Show applied, pending and changed migrations.", [check, Durations.ConnectTimeout()],
            (run, cancellationToken) => RunAsync(run, run.Arguments.GetValue(check), cancellationToken), CommandScope.EachTarget);
    }

    private static async Task<ExitCode> RunAsync(CommandRun run, bool check, CancellationToken cancellationToken)
    {
        var target = run.Settings.Reader;
        run.Report.Set("database", target.Database);
        await using var connection = await run.OpenAsync(target, cancellationToken);
        var state = await SchemaStatus.ReadAsync(connection, run.Catalog, cancellationToken);
        Show(run.Report, state);

        var drift = MigrationTarget.Drift(state);
        foreach (var line in drift)
            run.Report.Note(line);
        return (check, drift.Count, state.Pending.Count) switch
        {
            (true, > 0, _) => ExitCode.Drift,
            (true, _, > 0) => ExitCode.Pending,
            _ => ExitCode.Ok,
        };
    }

    private static void Show(CommandReport report, SchemaState state)
    {
        report.Set("applied", state.Applied.Select(row => new
        {
            row.Id,
            row.Name,
            row.AppliedAt,
            row.AppliedBy,
            DurationMs = (long)row.Duration.TotalMilliseconds,
        }));
        report.Set("pending", state.Pending.Select(migration => migration.FullName));
        report.Set("changed", state.Changed.Select(row => row.FullName));
        report.Set("unknown", state.Unknown.Select(row => row.FullName));

        var table = new Table().Border(TableBorder.Simple).AddColumns("Migration", "State", "Applied at (UTC)", "By", "Took");
        foreach (var row in state.Applied)
        {
            var word = state.Unknown.Contains(row)
                ? "[red]unknown[/]"
                : state.Changed.Contains(row) ? "[red]changed[/]" : "[green]applied[/]";
            table.AddRow(
                Markup.Escape(row.FullName),
                word,
                $"{row.AppliedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}",
                Markup.Escape(row.AppliedBy),
                $"{row.Duration.TotalMilliseconds:0} ms");
        }

        foreach (var migration in state.Pending)
            table.AddRow(migration.FullName, "[yellow]pending[/]", "", "", "");
        report.Show(table);
    }
}
