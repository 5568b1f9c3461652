using System.Diagnostics.Metrics;
using System.Reflection;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using OpenTelemetry.Exporter;
using OpenTelemetry.Instrumentation.AspNetCore;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Portico.Application.Common.Behaviours;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Observability;
using Portico.WebApi.Http;

namespace Portico.WebApi.Observability;

/// <summary>Registers metrics for Prometheus, and traces and log records for a collector if one is configured.</summary>
internal static class TelemetryRegistration
{
    /// <summary>The maximum number of series of a metric; further measurements are summed up in <c>otel_metric_overflow</c>.</summary>
    public const int MaxSeries = 500;

    private const string ServiceName = "portico";
    private const string Count = ".count";

    // Each call to another service would change these six times, which costs more than the histogram of its duration.
    private static readonly string[] Dropped = ["http.client.active_requests", "http.client.open_connections"];

    // Requests of health probes, Prometheus and verifiers are frequent and would hide the traces of users.
    private static readonly PathString[] Untraced = [ManagementGate.Health, ManagementGate.Metrics, "/.well-known"];

    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<TelemetrySettings>(configuration);
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(ServiceName, serviceVersion: Version()))
            .WithMetrics(AddMetrics);
        services.ConfigureOpenTelemetryMeterProvider((provider, metrics) =>
        {
            var meters = provider.GetRequiredService<IMeterFactory>();
            metrics.AddView(instrument => StreamOf(instrument, meters));
        });

        // Without a collector nothing of the following is registered: no listener, no span, no thread.
        var settings = configuration.ReadSettingsOrDefaults<TelemetrySettings>();
        if (settings.Collector is not { } collector)
            return services;

        // Not the default, which also accepts baggage from strangers and forwards it.
        Sdk.SetDefaultTextMapPropagator(new TraceContextPropagator());
        services.Configure<AspNetCoreTraceInstrumentationOptions>(Describe);
        telemetry
            .WithTracing(traces => traces
                .SetSampler(_ => new ParentBasedSampler(new RootSpanSampler(settings.SampleRatio)))
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddSource(Telemetry.SourceName)
                .AddDriverInstrumentation()
                .AddOtlpExporter("traces", otlp => Send(otlp, new Uri(collector, "v1/traces"))))
            .WithLogging(
                logs => logs
                    .AddProcessor<RequestIdProcessor>()
                    .AddOtlpExporter("logs", otlp => Send(otlp, new Uri(collector, "v1/logs"))),
                logs => logs.IncludeFormattedMessage = true);
        return services;
    }

    /// <summary>Maps <c>/metrics</c>, which <see cref="ManagementGate"/> serves only at the management address.</summary>
    public static void MapMetrics(this IEndpointRouteBuilder endpoints) => endpoints.MapPrometheusScrapingEndpoint(ManagementGate.Metrics);

    private static void AddMetrics(MeterProviderBuilder metrics) => metrics
        .AddAspNetCoreInstrumentation()
        .AddHttpClientInstrumentation()
        .AddRuntimeInstrumentation()
        .AddDriverInstrumentation()
        .AddMeter("Portico.*")
        .AddPrometheusExporter(prometheus =>
        {
            // The name of a metric already shows its meter.
            prometheus.ScopeInfoEnabled = false;
            prometheus.ScrapeResponseCacheDurationMilliseconds = 0;
        });

    private static MetricStreamConfiguration StreamOf(Instrument instrument, IMeterFactory meters)
    {
        // In tests several applications run in one process; each exports only its own meters.
        if (Dropped.Contains(instrument.Name) || (instrument.Meter.Scope is { } scope && !ReferenceEquals(scope, meters)))
            return MetricStreamConfiguration.Drop;

        return new MetricStreamConfiguration { Name = NameOf(instrument), CardinalityLimit = MaxSeries };
    }

    // For Prometheus a name that ends with "count" is a part of a histogram; promtool reports others as errors.
    private static string? NameOf(Instrument instrument) => !instrument.Name.EndsWith(Count, StringComparison.Ordinal) ? null
        : instrument.Name[..^Count.Length] is var noun && noun.EndsWith('y') ? $"{noun[..^1]}ies"
        : $"{noun}s";

    private static void Describe(AspNetCoreTraceInstrumentationOptions requests)
    {
        requests.Filter = context => !Listeners.IsManagement(context)
            && !Array.Exists(Untraced, path => context.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase));
        // Search texts and devices of users are private; the path and the route are enough.
        requests.EnrichWithHttpRequest = (span, _) => span.SetTag("url.query", null).SetTag("user_agent.original", null);
        requests.EnrichWithHttpResponse = (span, response) =>
            span.SetTag("http.response.header.x-request-id", new[] { response.HttpContext.TraceIdentifier });
    }

    private static void Send(OtlpExporterOptions otlp, Uri endpoint)
    {
        otlp.Endpoint = endpoint;
        otlp.Protocol = OtlpExportProtocol.HttpProtobuf;
    }

    private static string? Version() =>
        typeof(TelemetryRegistration).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
}
