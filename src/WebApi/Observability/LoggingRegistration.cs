using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Observability;

internal static class LoggingRegistration
{
    /// <summary>Logs only to standard output: JSON for machines, readable text on a terminal.</summary>
    public static IServiceCollection AddLogLines(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<LogSettings>(configuration);
        LogOutput.CheckLevels(configuration);
        var settings = configuration.ReadSettingsOrDefaults<LogSettings>();
        return services.AddLogging(logging => logging
            .WriteToStandardOutput(settings.IsJson)
            // It warns about addresses that are set twice, which is normal here because of the management address.
            .AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error)
            // It logs each failed check with its stack on every request; CachedHealthChecks logs only changes.
            .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None));
    }
}
