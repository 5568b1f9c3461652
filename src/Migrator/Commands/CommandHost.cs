using System.CommandLine;
using Microsoft.Extensions.Configuration;
using NATS.Client.Core;
using Npgsql;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Postgres.Migrations;

namespace Portico.Migrator.Commands;

/// <summary>What a command gets when it runs.</summary>
internal sealed record CommandRun(
    ParseResult Arguments, IConfiguration Configuration, MigratorSettings Settings, MigrationCatalog Catalog, CommandReport Report);

/// <summary>Runs commands: reads the settings, and turns an expected failure into a message and an exit code.</summary>
/// <param name="configuration">
/// The settings; <c>null</c> reads appsettings.json beside the program, the environment variables and the secret files.
/// </param>
/// <param name="output">Takes the result.</param>
/// <param name="error">Takes remarks and the reason of a failure.</param>
internal sealed class CommandHost(IConfiguration? configuration, TextWriter output, TextWriter error)
{
    private readonly Option<bool> _json = new("--json")
    {
        Description = "Write one JSON document to standard output; remarks go to standard error.",
        Recursive = true,
    };

    private readonly Option<string?> _migrations = new("--migrations")
    {
        Description = "Read the migrations from this folder instead of those of this build. Not in production.",
        HelpName = "FOLDER",
        Recursive = true,
    };

    /// <summary>Adds the options that every command has.</summary>
    public void AddOptions(RootCommand root)
    {
        root.Add(_json);
        root.Add(_migrations);
    }

    public CommandReport CreateReport(ParseResult arguments) =>
        new(arguments.CommandResult.Command.Name, arguments.GetValue(_json), output, error);

    /// <summary>Gives a command its action: the settings are read and an expected failure becomes its exit code.</summary>
    public void SetAction(Command command, Func<CommandRun, CancellationToken, Task<ExitCode>> action) =>
        command.SetAction(async (arguments, cancellationToken) =>
    {
        var report = CreateReport(arguments);
        try
        {
            var read = configuration ?? ReadConfiguration();
            var settings = new MigratorSettings(read);
            var run = new CommandRun(arguments, read, settings, ReadCatalog(arguments, settings), report);
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

    private MigrationCatalog ReadCatalog(ParseResult arguments, MigratorSettings settings)
    {
        if (arguments.GetValue(_migrations) is not { } folder)
            return MigrationCatalog.BuiltIn;
        return settings.IsProduction
            ? throw new MigratorException(
                "--migrations is refused in production: there the migrations of the build are applied. Set DOTNET_ENVIRONMENT if this is another environment.")
            : MigrationCatalog.ReadFolder(folder);
    }
}
