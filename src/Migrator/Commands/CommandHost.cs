using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using NATS.Client.Core;
using Npgsql;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Postgres.Migrations;

namespace Portico.Migrator.Commands;

/// <summary>The context of a running command.</summary>
internal sealed record CommandRun(
    ParseResult Arguments, IConfiguration Configuration, MigratorSettings Settings, MigrationCatalog Catalog, CommandReport Report)
{
    /// <summary>How long the command waits for its server.</summary>
    public TimeSpan ConnectTimeout => Arguments.GetValue<TimeSpan>(Durations.ConnectTimeoutName);

    /// <inheritdoc cref="DatabaseServer.OpenAsync"/>
    public Task<NpgsqlConnection> OpenAsync(DatabaseTarget target, CancellationToken cancellationToken) =>
        DatabaseServer.OpenAsync(target, ConnectTimeout, Report, cancellationToken);
}

/// <summary>Runs commands: reads the settings, and converts an expected failure to a message and an exit code.</summary>
/// <param name="configuration">
/// The settings; <c>null</c> reads appsettings.json beside the program, the environment variables and the secret files.
/// </param>
/// <param name="output">Gets the result.</param>
/// <param name="error">Gets notes and the reason of a failure.</param>
internal sealed class CommandHost(IConfiguration? configuration, TextWriter output, TextWriter error)
{
    private readonly Option<bool> _json = new("--json")
    {
        Description = "Write one JSON document to standard output; notes go to standard error.",
        Recursive = true,
    };

    private readonly Option<string?> _migrations = new("--migrations")
    {
        Description = "Read the migrations from this folder instead of the built-in ones. Not in production.",
        HelpName = "FOLDER",
        Recursive = true,
    };

    private readonly Option<string?> _target = new("--target")
    {
        Description = "The database to work on. By default portico; up, status and wait also take each other one that is configured.",
        HelpName = string.Join('|', SchemaTarget.All.Select(target => target.Name)),
        Recursive = true,
    };

    /// <summary>Adds the common options of all commands.</summary>
    public void AddOptions(RootCommand root)
    {
        root.Add(_target);
        root.Add(_json);
        root.Add(_migrations);
    }

    public CommandReport CreateReport(ParseResult arguments) =>
        new(arguments.CommandResult.Command.Name, arguments.GetValue(_json), output, error);

    /// <summary>Creates a command that reads the settings, and converts an expected failure to an exit code.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it does.</param>
    /// <param name="symbols">Its options and arguments.</param>
    /// <param name="action">What it does with one database. Each one has its turn; the highest exit code counts.</param>
    /// <param name="scope">The databases.</param>
    /// <param name="migration">An option that names a migration, and so means one database.</param>
    public Command Create(
        string name, string description, IEnumerable<Symbol> symbols, Func<CommandRun, CancellationToken, Task<ExitCode>> action,
        CommandScope scope = CommandScope.Portico, Option? migration = null)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
                command.Add(argument);
            else
                command.Add((Option)symbol);
        }

        command.SetAction(async (arguments, cancellationToken) =>
        {
            var report = CreateReport(arguments);
            try
            {
                var read = configuration ?? ReadConfiguration();
                var worst = ExitCode.Ok;
                foreach (var target in Targets(arguments, read, scope, migration))
                {
                    var settings = new MigratorSettings(read, target);
                    if (target != SchemaTarget.Portico)
                        report.Begin(target.Name);
                    var run = new CommandRun(arguments, read, settings, ReadCatalog(arguments, settings, target), report);
                    var exitCode = await action(run, cancellationToken);
                    worst = exitCode > worst ? exitCode : worst;
                }

                return report.End(worst);
            }
            catch (Exception failure) when (Explain(failure, cancellationToken) is { } end)
            {
                return report.End(end.ExitCode, end.Reason);
            }
        });
        return command;
    }

    private static (ExitCode ExitCode, string Reason)? Explain(Exception failure, CancellationToken cancellationToken) => failure switch
    {
        MigratorException expected => (expected.ExitCode, expected.Message),
        OptionsValidationException wrong => (ExitCode.Error, string.Join(Environment.NewLine, wrong.Failures)),
        PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable } =>
            (ExitCode.LockTimeout, $"Other sessions hold locks on the objects to change: {DatabaseServer.Describe(failure)}"),
        _ when cancellationToken.IsCancellationRequested =>
            (ExitCode.Error, "Cancelled. Applied changes stay; the unfinished change was rolled back."),
        NatsException => (ExitCode.Error, $"NATS failed: {failure.Message}"),
        _ when DatabaseServer.IsFailure(failure) => (ExitCode.Error, $"PostgreSQL failed: {DatabaseServer.Describe(failure)}"),
        InvalidDataException or IOException or UnauthorizedAccessException => (ExitCode.Error, failure.Message),
        _ when SettingsRegistration.IsWrongValue(failure) => (ExitCode.Error, failure.Message),
        _ => null,
    };

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

    private SchemaTarget[] Targets(ParseResult arguments, IConfiguration read, CommandScope scope, Option? migration)
    {
        if (arguments.GetValue(_target) is { } name)
        {
            var named = SchemaTarget.All.SingleOrDefault(target => target.Name == name)
                ?? throw new MigratorException($"--target must be {string.Join(" or ", SchemaTarget.All.Select(target => target.Name))}.");
            return scope == CommandScope.Portico && named != SchemaTarget.Portico
                ? throw new MigratorException($"{arguments.CommandResult.Command.Name} works on the database of Portico only.")
                : [named];
        }

        // A folder has the migrations of one database, and a number means a migration of one.
        return scope != CommandScope.EachTarget || arguments.GetValue(_migrations) is not null
            || (migration is not null && arguments.GetResult(migration) is not null)
            ? [SchemaTarget.Portico]
            : [.. SchemaTarget.All.Where(target => target == SchemaTarget.Portico || target.IsConfigured(read))];
    }

    private MigrationCatalog ReadCatalog(ParseResult arguments, MigratorSettings settings, SchemaTarget target)
    {
        if (arguments.GetValue(_migrations) is not { } folder)
            return target.Catalog;
        return settings.IsProduction
            ? throw new MigratorException(
                "--migrations is refused in production, which uses the built-in migrations. "
                + "Set DOTNET_ENVIRONMENT if this is another environment.")
            : MigrationCatalog.ReadFolder(folder);
    }
}
