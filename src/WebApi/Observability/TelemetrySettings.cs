using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Observability;

/// <summary>Where traces and log lines are sent.</summary>
internal sealed class TelemetrySettings : ISettings
{
    public static string Section => "Telemetry";

    /// <summary>An OTLP/HTTP collector, such as <c>http://collector:4318</c>; empty for none.</summary>
    public string OtlpEndpoint { get; init; } = "";

    /// <summary>The share of new traces that is sent, 0 to 1; a caller's own decision is kept.</summary>
    public double SampleRatio { get; init; } = 1;

    /// <summary>The collector's address with a slash at its end; null where there is none, or no usable one.</summary>
    internal Uri? Collector =>
        Uri.TryCreate(OtlpEndpoint.TrimEnd('/') + "/", UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri : null;

    public IEnumerable<string> Problems()
    {
        if (OtlpEndpoint.Length > 0 && Collector is null)
            yield return "Telemetry:OtlpEndpoint must be an http or https address, such as http://collector:4318.";
        if (SampleRatio is not (>= 0 and <= 1))
            yield return "Telemetry:SampleRatio must be 0 to 1.";
    }
}
