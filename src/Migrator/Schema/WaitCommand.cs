using System.CommandLine;
using System.Diagnostics;
using Npgsql;
using Portico.Infrastructure.Postgres.Migrations;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Schema;

/// <summary><c>wait</c>: waits until the database exists and no migration of this build is pending.</summary>
/// <remarks>Migrations of a newer build are accepted, because old and new processes run side by side during a deployment.</remarks>
internal static class WaitCommand
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    public static Command Create(CommandHost host)
    {
        var timeout = Durations.Option("--timeout", TimeSpan.FromMinutes(2), "How long to wait.");
        return host.Create(
            "wait",
            "Wait until the database exists and no migration is pending. "
            + "Exits with 2 when a migration is still pending, with 1 when there is no database.",
            [timeout],
            (run, cancellationToken) => RunAsync(run, run.Arguments.GetValue(timeout), cancellationToken),
            CommandScope.EachTarget);
    }

    private static async Task<ExitCode> RunAsync(CommandRun run, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var target = run.Settings.Reader;
        run.Report.Set("database", target.Database);
        var clock = Stopwatch.StartNew();
        var lastNote = "";
        while (true)
        {
            var (exitCode, obstacle) = await LookAsync(run, target, cancellationToken);
            if (obstacle is null)
            {
                run.Report.Line($"{target.Database} is up to date.");
                return ExitCode.Ok;
            }

            if (exitCode is ExitCode.Drift || clock.Elapsed + Interval > timeout)
                throw new MigratorException(exitCode, obstacle);
            if (obstacle != lastNote)
                run.Report.Note($"{obstacle} Waiting up to {Durations.Describe(timeout)}.");
            lastNote = obstacle;
            await Task.Delay(Interval, cancellationToken);
        }
    }

    private static async Task<(ExitCode ExitCode, string? Obstacle)> LookAsync(
        CommandRun run, DatabaseTarget target, CancellationToken cancellationToken)
    {
        try
        {
            // One try each time: the caller waits, also for a database and a role that do not exist yet.
            await using var connection = await DatabaseServer.OpenAsync(target, TimeSpan.Zero, run.Report, cancellationToken);
            var state = await SchemaStatus.ReadAsync(connection, run.Catalog, cancellationToken);
            if (MigrationTarget.Drift(state with { Unknown = [] }) is { Count: > 0 } drift)
                return (ExitCode.Drift, string.Join(Environment.NewLine, drift));
            return state.Pending.Count == 0 ? (ExitCode.Ok, null) : (ExitCode.Pending, state.DescribePending(target.Database));
        }
        catch (MigratorException unreachable)
        {
            return (ExitCode.Error, unreachable.Message);
        }
        catch (NpgsqlException failure) when (!cancellationToken.IsCancellationRequested)
        {
            return (ExitCode.Error, $"{target.Database} cannot be read: {DatabaseServer.Describe(failure)}.");
        }
    }
}
