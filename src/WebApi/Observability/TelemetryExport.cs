using System.Diagnostics.Metrics;
using System.Reflection;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Observability;

/// <summary>Registers what every server exports: metrics for Prometheus, and traces and log records for a collector.</summary>
internal static class TelemetryExport
{
    /// <summary>The maximum number of series of a metric; further measurements are summed up in <c>otel_metric_overflow</c>.</summary>
    public const int MaxSeries = 500;

    private const string Count = ".count";

    private static bool _hasFirst;

    /// <param name="services">Gets the services.</param>
    /// <param name="configuration">Has the settings.</param>
    /// <param name="name">The name of the server.</param>
    /// <param name="dropped">The metrics of libraries that are not exported.</param>
    /// <param name="addMetrics">Adds the metrics of its drivers.</param>
    /// <param name="addTraces">Adds the spans of its drivers and its own.</param>
    /// <param name="addLogs">Adds what log records get.</param>
    public static IServiceCollection AddTelemetryExport(
        this IServiceCollection services, IConfiguration configuration, string name, string[] dropped,
        Action<MeterProviderBuilder> addMetrics, Action<TracerProviderBuilder> addTraces, Action<LoggerProviderBuilder> addLogs)
    {
        services.AddSettings<TelemetrySettings>(configuration);
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(name, serviceVersion: Version()))
            .WithMetrics(addMetrics)
            .WithMetrics(metrics => metrics
                // The instrumentation of ASP.NET Core adds these, others that nobody reads, and a middleware for each request.
                .AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel")
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()
                .AddMeter("Portico.*")
                // The name of a metric already shows its meter.
                .AddPrometheusExporter(prometheus => prometheus.ScopeInfoEnabled = false));
        services.ConfigureOpenTelemetryMeterProvider((provider, metrics) =>
        {
            // In tests several applications run in one process. Each exports its own meters, and the first one what drivers measure:
            // otherwise each command would be counted by all of them.
            var meters = provider.GetRequiredService<IMeterFactory>();
            var isFirst = !Interlocked.Exchange(ref _hasFirst, true);
            metrics.AddView(instrument => !dropped.Contains(instrument.Name) && IsOwn(instrument)
                ? new MetricStreamConfiguration { Name = NameOf(instrument), CardinalityLimit = MaxSeries }
                : MetricStreamConfiguration.Drop);

            bool IsOwn(Instrument instrument) => instrument.Meter.Scope is { } scope
                ? ReferenceEquals(scope, meters)
                : isFirst || instrument.IsObservable;
        });

        // Without a collector nothing of the following is registered: no listener, no span, no thread.
        var settings = configuration.ReadSettingsOrDefaults<TelemetrySettings>();
        if (settings.Collector is not { } collector)
            return services;

        // Not the default, which also accepts baggage from strangers and forwards it.
        Sdk.SetDefaultTextMapPropagator(new TraceContextPropagator());
        telemetry
            .WithTracing(addTraces)
            .WithTracing(traces => traces
                .SetSampler(_ => new ParentBasedSampler(new RootSpanSampler(settings.SampleRatio)))
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddOtlpExporter("traces", otlp => Send(otlp, new Uri(collector, "v1/traces"))))
            .WithLogging(addLogs)
            .WithLogging(
                logs => logs.AddOtlpExporter("logs", otlp => Send(otlp, new Uri(collector, "v1/logs"))),
                logs => logs.IncludeFormattedMessage = true);
        return services;
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
        typeof(TelemetryExport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
}
