using System.CommandLine;
using Microsoft.Extensions.Configuration;
using NATS.Client.Core;
using Npgsql;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Persistence.Migrations;

namespace Portico.Migrator;

/// <summary>What a command has at hand.</summary>
internal sealed record CommandRun(
    ParseResult Arguments, IConfiguration Configuration, MigratorSettings Settings, MigrationCatalog Catalog, CommandReport Report);

/// <summary>The Migrator's command line.</summary>
internal sealed class MigratorApp
{
    private readonly IConfiguration? _configuration;
    private readonly TextWriter _output;
    private readonly TextWriter _error;

    private readonly Option<bool> _json = new("--json") { Description = "Write one JSON document to standard output; remarks go to standard error.", Recursive = true };
    private readonly Option<string?> _migrations = new("--migrations")
    {
        Description = "Read the migrations from this folder instead of those of this build. Not in production.",
        HelpName = "FOLDER",
        Recursive = true,
    };

    private MigratorApp(IConfiguration? configuration, TextWriter output, TextWriter error)
    {
        _configuration = configuration;
        _output = output;
        _error = error;
    }

    /// <summary>Runs one command and gives its exit code.</summary>
    /// <param name="args">The command and its options.</param>
    /// <param name="configuration">The settings; null reads appsettings.json beside the program, the environment variables and the secret files.</param>
    /// <param name="output">Takes the result.</param>
    /// <param name="error">Takes remarks and the reason of a failure.</param>
    /// <param name="cancellationToken">Ends the command in order.</param>
    public static async Task<int> RunAsync(string[] args, IConfiguration? configuration, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var app = new MigratorApp(configuration, output, error);
        var root = app.CreateRoot();
        var arguments = root.Parse(args);
        if (arguments.Errors.Count > 0)
        {
            var report = app.CreateReport(arguments);
            return report.End(ExitCode.Error, string.Join(Environment.NewLine, [.. arguments.Errors.Select(problem => problem.Message), "See --help."]));
        }

        // Signals are the program's to handle: the same code runs inside of tests.
        return await arguments.InvokeAsync(
            new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null },
            cancellationToken);
    }

    /// <summary>Gives a command its action: the settings are read and an expected failure becomes its exit code.</summary>
    public void SetAction(Command command, Func<CommandRun, CancellationToken, Task<ExitCode>> action) => command.SetAction(async (arguments, cancellationToken) =>
    {
        var report = CreateReport(arguments);
        try
        {
            var configuration = _configuration ?? ReadConfiguration();
            var settings = new MigratorSettings(configuration);
            var run = new CommandRun(arguments, configuration, settings, ReadCatalog(arguments, settings), report);
            return report.End(await action(run, cancellationToken));
        }
        catch (MigratorException failure)
        {
            return report.End(failure.ExitCode, failure.Message);
        }
        catch (PostgresException busy) when (busy.SqlState is PostgresErrorCodes.LockNotAvailable)
        {
            return report.End(ExitCode.LockTimeout, $"Others hold what is to be changed: {DatabaseServer.Describe(busy)}");
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            return report.End(ExitCode.Error, "Cancelled. What was applied stays; what had begun was rolled back.");
        }
        catch (NatsException failure)
        {
            return report.End(ExitCode.Error, $"NATS failed: {failure.Message}");
        }
        catch (Exception failure) when (DatabaseServer.IsFailure(failure))
        {
            return report.End(ExitCode.Error, $"PostgreSQL failed: {DatabaseServer.Describe(failure)}");
        }
        catch (Exception failure) when (failure is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return report.End(ExitCode.Error, failure.Message);
        }
    });

    private static IConfiguration ReadConfiguration()
    {
        var environment = MigratorSettings.EnvironmentOf(new ConfigurationBuilder().AddEnvironmentVariables().Build());
        return new ConfigurationBuilder()
            .SetBasePath(AppContext.BaseDirectory)
            .AddJsonFile("appsettings.json", optional: true, reloadOnChange: false)
            .AddJsonFile($"appsettings.{environment}.json", optional: true, reloadOnChange: false)
            .AddEnvironmentVariables()
            .AddSecretFiles()
            .Build();
    }

    private RootCommand CreateRoot()
    {
        var root = new RootCommand(
            """
            Applies the SQL migrations of Portico to PostgreSQL, and declares its stream of events in NATS.
            Exit codes: 0 done, 1 error, 2 migrations are pending, 3 a lock was not free in time, 4 the database has drifted, 5 the ledger is wrong.
            """);
        root.Add(_json);
        root.Add(_migrations);
        root.Add(UpCommand.Create(this));
        root.Add(DownCommand.Create(this));
        root.Add(StatusCommand.Create(this));
        root.Add(ScriptCommand.Create(this));
        root.Add(ValidateCommand.Create(this));
        root.Add(WaitCommand.Create(this));
        root.Add(PurgeCommand.Create(this));
        root.Add(StreamsCommand.Create(this));
        root.Add(EventsCommand.Create(this));
        root.Add(KeysCommand.Create(this));
        root.Add(LedgerCommand.Create(this));
        return root;
    }

    private CommandReport CreateReport(ParseResult arguments) =>
        new(arguments.CommandResult.Command.Name, arguments.GetValue(_json), _output, _error);

    private MigrationCatalog ReadCatalog(ParseResult arguments, MigratorSettings settings)
    {
        if (arguments.GetValue(_migrations) is not { } folder)
            return MigrationCatalog.BuiltIn;
        return settings.IsProduction
            ? throw new MigratorException("--migrations is refused in production: there the migrations of the build are applied. Set DOTNET_ENVIRONMENT if this is another environment.")
            : MigrationCatalog.ReadFolder(folder);
    }
}
