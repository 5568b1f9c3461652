using System.Diagnostics.Metrics;
using System.Reflection;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Portico.Infrastructure.Configuration;
using Portico.WebApi.Observability;

namespace Portico.Orders.Hosting;

/// <summary>Registers metrics for Prometheus, and traces and log records for a collector if one is configured.</summary>
internal static class TelemetryRegistration
{
    private const int MaxSeries = 500;
    private const string Count = ".count";

    public static void AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<TelemetrySettings>(configuration);
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("portico-orders", serviceVersion: Version()))
            .WithMetrics(metrics => metrics
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()
                .AddMeter("Npgsql", "Portico.*")
                .AddPrometheusExporter(prometheus => prometheus.ScopeInfoEnabled = false));
        services.ConfigureOpenTelemetryMeterProvider((provider, metrics) =>
        {
            // In tests several applications run in one process; each exports only its own meters.
            var meters = provider.GetRequiredService<IMeterFactory>();
            metrics.AddView(instrument => instrument.Meter.Scope is null || ReferenceEquals(instrument.Meter.Scope, meters)
                ? new MetricStreamConfiguration { Name = NameOf(instrument), CardinalityLimit = MaxSeries }
                : MetricStreamConfiguration.Drop);
        });

        // Without a collector nothing of the following is registered: no listener, no span, no thread.
        var settings = configuration.ReadSettingsOrDefaults<TelemetrySettings>();
        if (settings.Collector is not { } collector)
            return;

        // Not the default, which also accepts baggage from strangers and forwards it.
        Sdk.SetDefaultTextMapPropagator(new TraceContextPropagator());
        telemetry
            .WithTracing(traces => traces
                .SetSampler(_ => new ParentBasedSampler(new RootSpanSampler(settings.SampleRatio)))
                .AddAspNetCoreInstrumentation(requests => requests.Filter = context => !Listeners.IsManagement(context))
                .AddHttpClientInstrumentation()
                .AddNpgsql()
                .AddOtlpExporter("traces", otlp => Send(otlp, new Uri(collector, "v1/traces"))))
            .WithLogging(
                logs => logs.AddOtlpExporter("logs", otlp => Send(otlp, new Uri(collector, "v1/logs"))),
                logs => logs.IncludeFormattedMessage = true);
    }

    // For Prometheus a name that ends with "count" is a part of a histogram; promtool reports others as errors.
    private static string? NameOf(Instrument instrument) => !instrument.Name.EndsWith(Count, StringComparison.Ordinal) ? null
        : instrument.Name[..^Count.Length] is var noun && noun.EndsWith('y') ? $"{noun[..^1]}ies"
        : $"{noun}s";

    private static void Send(OtlpExporterOptions otlp, Uri endpoint)
    {
        otlp.Endpoint = endpoint;
        otlp.Protocol = OtlpExportProtocol.HttpProtobuf;
    }

    private static string? Version() =>
        typeof(TelemetryRegistration).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
}
