using System.CommandLine;
using System.Net.Sockets;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Portico.Application.Common;
using Portico.Domain.Common;
using Portico.Infrastructure;
using Portico.Infrastructure.AccessTokens;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Passwords;
using Portico.Infrastructure.Payments;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.RateLimiting;
using Portico.Infrastructure.Reconciliations;
using Portico.Infrastructure.Redis;

namespace Portico.Seeder;

/// <summary>The Seeder's command line. Every command can run again: existing data stays unchanged.</summary>
/// <remarks>Exit codes: 0 done, 1 error.</remarks>
internal sealed class SeederApp(IConfiguration? configuration, TextWriter output, TextWriter error)
{
    /// <summary>Runs one command and returns its exit code.</summary>
    /// <param name="args">The command and its options.</param>
    /// <param name="configuration">
    /// The settings; null reads appsettings.json beside the program, the environment variables and the secret files.
    /// </param>
    /// <param name="output">Gets the result.</param>
    /// <param name="error">Gets the reason of a failure.</param>
    /// <param name="cancellationToken">Cancels the command; unfinished changes are rolled back.</param>
    public static async Task<int> RunAsync(
        string[] args, IConfiguration? configuration, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var arguments = new SeederApp(configuration, output, error).CreateRoot().Parse(args);
        if (arguments.Errors.Count == 0)
        {
            return await arguments.InvokeAsync(
                new InvocationConfiguration
                {
                    Output = output,
                    Error = error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null
                },
                cancellationToken);
        }

        foreach (var problem in arguments.Errors)
            await error.WriteLineAsync(problem.Message);
        await error.WriteLineAsync("See --help.");
        return 1;
    }

    private RootCommand CreateRoot()
    {
        var email = new Option<string>("--email") { Description = "The address of the administrator.", Required = true };
        var dismiss = new Option<bool>("--dismiss") { Description = "Give this administrator the role user instead." };
        var users = Number("--users", 20, DemoSeed.MaxUsers, "How many users in addition to the three with a known password.");
        var transfers = Number(
            "--transfers", 2_000, DemoMoney.MaxTransfers,
            "How many transfers to create within the last year; 0 creates no wallets either.");
        var seed =
            new Option<int>("--seed") { Description = "The same seed creates the same users and transfers.", DefaultValueFactory = _ => 1 };
        var credentials = new Option<FileInfo?>(
            "--credentials-file")
        { Description = "Also write new sign-ins to this file as JSON.", HelpName = "FILE" };
        var reset = new Option<bool>("--reset-passwords") { Description = "Give the demo sign-ins new passwords and print them." };
        var force = new Option<bool>("--force") { Description = "Allow demo users in production too." };

        return new RootCommand("Fills a migrated database. Every command can run again.")
        {
            Create("reference", "Roles, permissions and currencies, as defined in the code.", [], (services, _, token) =>
                services.GetRequiredService<ReferenceSeed>().Run(output, token)),
            Create("admin", "An administrator, with a code to set the password.", [email, dismiss], (services, arguments, token) =>
            {
                var admin = services.GetRequiredService<AdminSeed>();
                return arguments.GetValue(dismiss)
                    ? admin.Dismiss(arguments.GetRequiredValue(email), output, token)
                    : admin.Run(arguments.GetRequiredValue(email), output, token);
            }),
            Create(
                "demo", "Demo users, wallets with a year of history, and events with forecasts; refused in production.",
                [users, transfers, seed, credentials, reset, force], (services, arguments, token) =>
            {
                if (services.GetRequiredService<IHostEnvironment>().IsProduction() && !arguments.GetValue(force))
                    throw new SeederException(
                        "Demo users are refused in production, because anybody could sign in as them. "
                        + "Set DOTNET_ENVIRONMENT if this is another environment, or add --force.");
                var request = new DemoRequest(
                    arguments.GetValue(users), arguments.GetValue(transfers), arguments.GetValue(seed), arguments.GetValue(credentials),
                    arguments.GetValue(reset));
                return services.GetRequiredService<DemoSeed>().Run(request, output, token);
            }),
            Create("catalogue", "Demo products of the orders service; needs only its database.", [], (services, _, token) =>
                services.GetRequiredService<DemoCatalogue>().Run(output, token)),
            Create("orders", "Paid orders of demo users; needs both databases, demo users and products.", [], (services, _, token) =>
                services.GetRequiredService<DemoOrders>().Run(output, token)),
            Create("payments", "Payments of demo users; needs demo users with wallets.", [], (services, _, token) =>
                services.GetRequiredService<DemoPayments>().Run(output, token)),
        };
    }

    private static Option<int> Number(string name, int usual, int most, string description)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 0 || result.GetValueOrDefault<int>() > most)
                result.AddError($"{name} must be between 0 and {most}.");
        });
        return option;
    }

    private Command Create(
        string name, string description, Option[] options, Func<IServiceProvider, ParseResult, CancellationToken, Task> seed)
    {
        var command = new Command(name, description);
        foreach (var option in options)
            command.Add(option);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            try
            {
                using var host = CreateHost();
                await using var scope = host.Services.CreateAsyncScope();
                await seed(scope.ServiceProvider, arguments, cancellationToken);
                return 0;
            }
            catch (Exception failure) when ((cancellationToken.IsCancellationRequested ? "Cancelled." : Explain(failure)) is { } reason)
            {
                await error.WriteLineAsync(reason);
                return 1;
            }
        });
        return command;
    }

    private IHost CreateHost()
    {
        var builder = Host.CreateApplicationBuilder(
            new HostApplicationBuilderSettings { Args = [SettingsFiles.Unwatched], ContentRootPath = AppContext.BaseDirectory });
        if (configuration is not null)
            builder.Configuration.AddConfiguration(configuration);
        else
            builder.Configuration.AddSecretFiles();
        // A variable that is set to nothing names no other environment than production.
        var environment = (builder.Configuration["DOTNET_ENVIRONMENT"] ?? builder.Environment.EnvironmentName).Trim();
        builder.Environment.EnvironmentName = environment.Length > 0 ? environment : Environments.Production;

        // In every environment, so that a command with a service that is missing fails in the tests too.
        builder.ConfigureContainer(
            new DefaultServiceProviderFactory(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true }));
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddPersistence(
            builder.Configuration).AddPasswords(builder.Configuration).AddTokens(builder.Configuration).AddRedis(builder.Configuration);
        builder.Services.AddSystemCaller();
        builder.Services.AddScoped<ReferenceSeed>().AddScoped<AdminSeed>();
        builder.Services.AddScoped<DemoMoney>().AddScoped<DemoForecasts>().AddScoped<DemoSeed>();
        builder.Services.AddScoped<DemoCatalogue>().AddScoped<DemoOrders>();
        builder.Services.AddPaymentWork(builder.Configuration).AddReconciliations().AddScoped<DemoPayments>();
        return builder.Build();
    }

    private static string? Explain(Exception failure) => failure switch
    {
        SeederException or OptionsValidationException or DependencyUnavailableException => failure.Message,
        PostgresException { SqlState: PostgresErrorCodes.UndefinedTable } =>
            "The database is not migrated: run the Migrator with `up` first.",
        PostgresException postgres => $"PostgreSQL refused: {postgres.MessageText}",
        DbUpdateException { InnerException: { } cause } => Explain(cause) ?? $"The database refused a change: {cause.Message}",
        NpgsqlException { InnerException: SocketException socket } => $"PostgreSQL can't be reached: {socket.Message}",
        NpgsqlException npgsql => $"PostgreSQL failed: {npgsql.Message}",
        _ when SettingsRegistration.IsWrongValue(failure) => failure.Message,
        InvalidOperationException { InnerException: { } cause } => Explain(cause),
        IOException or UnauthorizedAccessException => failure.Message,
        _ => null,
    };
}

/// <summary>An expected failure, with its reason as one sentence.</summary>
internal sealed class SeederException(string message) : Exception(message);

internal static class SeederResults
{
    /// <exception cref="SeederException">The step was refused.</exception>
    public static T ValueOrThrow<T>(this Result<T> result) =>
        result.Error is { } refusal ? throw new SeederException(refusal.Message) : result.Value;
}
