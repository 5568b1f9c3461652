using System.ComponentModel.DataAnnotations;
using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Observability;

/// <summary>The settings for sending traces and log records.</summary>
internal sealed class TelemetrySettings : ISettings
{
    public static string Section => "Telemetry";

    /// <summary>An OTLP/HTTP collector, such as <c>http://collector:4318</c>; empty for none.</summary>
    public string OtlpEndpoint { get; init; } = "";

    /// <summary>The fraction of new traces that is sent, 0 to 1; the sampling decision of a caller is kept.</summary>
    [Range(0.0, 1.0)]
    public double SampleRatio { get; init; } = 1;

    /// <summary>The URL of the collector with a slash at its end; null when there is no valid one.</summary>
    internal Uri? Collector =>
        Uri.TryCreate(OtlpEndpoint.TrimEnd('/') + "/", UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri : null;

    public IEnumerable<string> Problems()
    {
        if (OtlpEndpoint.Length > 0 && Collector is null)
            yield return "Telemetry:OtlpEndpoint must be an http or https address, such as http://collector:4318.";
    }
}
