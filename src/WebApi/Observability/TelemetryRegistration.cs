using OpenTelemetry.Exporter;
using OpenTelemetry.Instrumentation.AspNetCore;
using OpenTelemetry.Logs;
using OpenTelemetry.Trace;
using Portico.Application.Common.Behaviours;
using Portico.Infrastructure.Observability;
using Portico.WebApi.Http;

namespace Portico.WebApi.Observability;

/// <summary>Registers metrics for Prometheus, and traces and log records for a collector if one is configured.</summary>
internal static class TelemetryRegistration
{
    // Each call to another service would change these six times, which costs more than the histogram of its duration.
    private static readonly string[] Dropped = ["http.client.active_requests", "http.client.open_connections"];

    // Requests of health probes, Prometheus and verifiers are frequent and would hide the traces of users.
    private static readonly PathString[] Untraced = [ManagementGate.Health, ManagementGate.Metrics, "/.well-known"];

    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.Configure<AspNetCoreTraceInstrumentationOptions>(Describe);
        services.Configure<PrometheusAspNetCoreOptions>(prometheus => prometheus.ScrapeResponseCacheDurationMilliseconds = 0);
        return services.AddTelemetryExport(
            configuration,
            "portico",
            Dropped,
            metrics => metrics.AddDriverInstrumentation(),
            traces => traces.AddSource(Telemetry.SourceName).AddDriverInstrumentation(),
            logs => logs.AddProcessor<RequestIdProcessor>());
    }

    /// <summary>Maps <c>/metrics</c>, which <see cref="ManagementGate"/> serves only at the management address.</summary>
    public static void MapMetrics(this IEndpointRouteBuilder endpoints) => endpoints.MapPrometheusScrapingEndpoint(ManagementGate.Metrics);

    private static void Describe(AspNetCoreTraceInstrumentationOptions requests)
    {
        requests.Filter = context => !Listeners.IsManagement(context)
            && !Array.Exists(Untraced, path => context.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase));
        // Search texts and devices of users are private; the path and the route are enough.
        requests.EnrichWithHttpRequest = (span, _) => span.SetTag("url.query", null).SetTag("user_agent.original", null);
        requests.EnrichWithHttpResponse = (span, response) =>
            span.SetTag("http.response.header.x-request-id", new[] { response.HttpContext.TraceIdentifier });
    }
}
