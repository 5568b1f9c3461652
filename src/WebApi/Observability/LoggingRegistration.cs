using Microsoft.Extensions.Logging.Console;
using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Observability;

internal static class LoggingRegistration
{
    /// <summary>Logs only to standard output: JSON for machines, readable text on a terminal.</summary>
    public static IServiceCollection AddLogLines(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<LogSettings>(configuration);
        services.AddLogging(logging => logging
            .ClearProviders()
            // It warns about addresses that are set twice, which is normal here because of the management address.
            .AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error)
            // It logs each failed check with its stack on every request; CachedHealthChecks logs only changes.
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
            // A blocked output must not stop requests; the number of lost lines is logged.
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
        return services;
    }
}
