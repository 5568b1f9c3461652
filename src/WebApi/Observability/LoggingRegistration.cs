using Microsoft.Extensions.Logging.Console;
using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Observability;

internal static class LoggingRegistration
{
    /// <summary>Logs to standard output only: JSON for machines, a readable form on a terminal.</summary>
    public static IServiceCollection AddLogLines(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<LogSettings>(configuration);
        services.AddLogging(logging => logging
            .ClearProviders()
            // It warns of addresses that it is given twice, which is how the management's stands beside the API's.
            .AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error)
            // It logs each failed check with its stack every time that somebody asks; CachedHealthChecks logs the changes.
            .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None)
            .AddConsoleFormatter<JsonLineFormatter, ConsoleFormatterOptions>()
            .AddSimpleConsole(text =>
            {
                text.SingleLine = true;
                text.TimestampFormat = "HH:mm:ss.fff ";
            }));
        services.AddOptions<ConsoleLoggerOptions>().Configure<LogSettings>((console, settings) =>
        {
            console.FormatterName = settings.IsJson ? JsonLineFormatter.FormatName : ConsoleFormatterNames.Simple;
            // Nobody reading the output must not stop requests; how many lines were lost is logged.
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
        return services;
    }
}
