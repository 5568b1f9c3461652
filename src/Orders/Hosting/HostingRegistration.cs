using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Portico.Infrastructure.Configuration;
using Portico.WebApi.Http;
using Portico.WebApi.Observability;

namespace Portico.Orders.Hosting;

internal static class HostingRegistration
{
    private const string Live = "/health/live";
    private const string Ready = "/health/ready";
    private const string Metrics = "/metrics";

    /// <summary>Adds what every program of Portico has: addresses, log lines, telemetry and an orderly end.</summary>
    public static IServiceCollection AddHosting(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<ListenSettings>(configuration);
        services.AddSingleton(new Listeners(configuration.ReadSettingsOrDefaults<ListenSettings>()));
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>>(provider => provider.GetRequiredService<Listeners>());
        services.AddSettings<ShutdownSettings>(configuration);
        services.AddSingleton<Draining>();
        services.AddHostedService<DrainBeforeStop>();
        services.AddOptions<HostOptions>().Configure<ShutdownSettings>(
            (host, shutdown) => host.ShutdownTimeout = shutdown.DrainDelay + shutdown.Timeout);
        services.AddLogLines(configuration);
        services.AddTelemetry(configuration);
        return services;
    }

    /// <summary>Serves health and metrics only at the management address, and gRPC only at its own.</summary>
    public static void UseManagementGate(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        var path = context.Request.Path;
        var isManagement = path == Live || path == Ready || path == Metrics;
        if (isManagement == Listeners.IsManagement(context))
            return next(context);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    });

    public static void MapManagement(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapHealthChecks(Live, new HealthCheckOptions { Predicate = _ => false });
        endpoints.MapHealthChecks(Ready);
        endpoints.MapPrometheusScrapingEndpoint(Metrics);
    }

    private static void AddLogLines(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<LogSettings>(configuration);
        LogOutput.CheckLevels(configuration);
        var settings = configuration.ReadSettingsOrDefaults<LogSettings>();
        services.AddLogging(logging => logging.WriteToStandardOutput(settings.IsJson));
    }
}
