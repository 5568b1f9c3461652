using Npgsql;
using OpenTelemetry.Instrumentation.AspNetCore;
using OpenTelemetry.Metrics;
using Portico.WebApi.Observability;

namespace Portico.Orders.Hosting;

internal static class TelemetryRegistration
{
    /// <summary>Registers metrics for Prometheus, and traces and log records for a collector if one is configured.</summary>
    public static void AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.Configure<AspNetCoreTraceInstrumentationOptions>(
            requests => requests.Filter = context => !Listeners.IsManagement(context));
        services.AddTelemetryExport(
            configuration, "portico-orders", dropped: [], metrics => metrics.AddMeter("Npgsql"), traces => traces.AddNpgsql(), _ => { });
    }
}
