using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Portico.Migrator.Commands;
using Portico.Migrator.Events;
using Portico.Migrator.Keys;
using Portico.Migrator.Ledger;
using Portico.Migrator.Schema;

namespace Portico.Migrator;

/// <summary>The Migrator's command line.</summary>
internal static class MigratorApp
{
    /// <summary>Runs one command and returns its exit code.</summary>
    /// <param name="args">The command and its options.</param>
    /// <param name="configuration">
    /// The settings; <c>null</c> reads appsettings.json beside the program, the environment variables and the secret files.
    /// </param>
    /// <param name="output">Gets the result.</param>
    /// <param name="error">Gets notes and the reason of a failure.</param>
    /// <param name="cancellationToken">Stops the command cleanly.</param>
    public static async Task<int> RunAsync(
        string[] args, IConfiguration? configuration, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var host = new CommandHost(configuration, output, error);
        var arguments = CreateRoot(host).Parse(args);
        if (arguments.Errors.Count > 0)
        {
            var problems = string.Join(Environment.NewLine, [.. arguments.Errors.Select(problem => problem.Message), "See --help."]);
            return host.CreateReport(arguments).End(ExitCode.Error, problems);
        }

        // The program handles signals, because the same code runs inside tests.
        return await arguments.InvokeAsync(
            new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            },
            cancellationToken);
    }

    private static RootCommand CreateRoot(CommandHost host)
    {
        var root = new RootCommand(
            """
            Applies the SQL migrations of Portico to PostgreSQL, and creates its stream of events in NATS.
            Exit codes: 0 done, 1 error, 2 migrations are pending, 3 a lock was not free in time, 4 the database has drifted,
            5 the ledger is wrong.
            """);
        host.AddOptions(root);
        root.Add(UpCommand.Create(host));
        root.Add(DownCommand.Create(host));
        root.Add(StatusCommand.Create(host));
        root.Add(ScriptCommand.Create(host));
        root.Add(ValidateCommand.Create(host));
        root.Add(WaitCommand.Create(host));
        root.Add(PurgeCommand.Create(host));
        root.Add(StreamsCommand.Create(host));
        root.Add(EventsCommand.Create(host));
        root.Add(KeysCommand.Create(host));
        root.Add(LedgerCommand.Create(host));
        return root;
    }
}
