using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Portico.Application.Common.Behaviours;
using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Tracing;

/// <summary>Where spans are sent.</summary>
internal sealed class TelemetrySettings : ISettings
{
    public static string Section => "Telemetry";

    /// <summary>An OTLP/HTTP collector, such as <c>http://collector:4318</c>; empty for none.</summary>
    public string OtlpEndpoint { get; init; } = "";

    /// <summary>The share of new traces that is sent, 0 to 1; a caller's own decision is kept.</summary>
    public double SampleRatio { get; init; } = 1;

    internal Uri? TracesEndpoint => OtlpEndpoint.Length == 0 ? null : new Uri(new Uri(OtlpEndpoint.TrimEnd('/') + "/"), "v1/traces");

    public IEnumerable<string> Problems()
    {
        if (OtlpEndpoint.Length > 0 && !(Uri.TryCreate(OtlpEndpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            yield return "Telemetry:OtlpEndpoint must be an http or https address, such as http://collector:4318.";
        if (SampleRatio is not (>= 0 and <= 1))
            yield return "Telemetry:SampleRatio must be 0 to 1.";
    }
}

/// <summary>Sends the spans of requests, use cases and statements to a collector, when there is one.</summary>
/// <remarks>In the background and within bounds: a collector that is down costs spans, never requests.</remarks>
internal sealed class TraceExport(TelemetrySettings settings) : IHostedService, IDisposable
{
    private TracerProvider? _provider;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (settings.TracesEndpoint is { } endpoint)
        {
            _provider = Sdk.CreateTracerProviderBuilder()
                .ConfigureResource(resource => resource.AddService("portico"))
                .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(settings.SampleRatio)))
                .AddSource("Microsoft.AspNetCore", "Npgsql", Telemetry.SourceName, "Portico.Events")
                .AddOtlpExporter(exporter =>
                {
                    exporter.Endpoint = endpoint;
                    exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
                })
                .Build();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _provider?.Dispose();
}
