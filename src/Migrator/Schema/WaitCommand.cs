using System.CommandLine;
using System.Diagnostics;
using Npgsql;
using Portico.Infrastructure.Postgres.Migrations;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Schema;

/// <summary><c>wait</c>: ends when the database is there and no migration of this build is pending.</summary>
/// <remarks>What a newer build has applied does no harm here: old and new run side by side while they are exchanged.</remarks>
internal static class WaitCommand
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    public static Command Create(CommandHost host)
    {
        var timeout = Durations.Option("--timeout", TimeSpan.FromMinutes(2), "How long to wait.");
        var command = new Command(
            "wait",
            "Wait until the database is there and nothing is pending. Ends with 2 when something still is, with 1 when the database is not there.") { timeout };
        host.SetAction(command, (run, cancellationToken) => RunAsync(run, run.Arguments.GetValue(timeout), cancellationToken));
        return command;
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
            // One try each time: the waiting is done by the caller, who also waits for a database and a role that are yet to be made.
            await using var connection = await DatabaseServer.OpenAsync(target, TimeSpan.Zero, run.Report, cancellationToken);
            var state = await SchemaStatus.ReadAsync(connection, run.Catalog, cancellationToken);
            if (MigrationTarget.Drift(state with { Unknown = [] }) is { Count: > 0 } drift)
                return (ExitCode.Drift, string.Join(Environment.NewLine, drift));
            return state.Pending.Count > 0
                ? (
                    ExitCode.Pending,
                    $"{state.Pending.Count} pending in {target.Database}: {string.Join(", ", state.Pending.Select(migration => migration.FullName))}.")
                : (ExitCode.Ok, null);
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
