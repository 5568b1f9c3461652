using System.ComponentModel.DataAnnotations;
using Portico.Orders.Configuration;
using Portico.WebApi.Http;

namespace Portico.Orders.Hosting;

/// <summary>The addresses of this process.</summary>
internal sealed class ListenSettings : ISettings
{
    public static string Section => "Listen";

    /// <summary>Where gRPC is served (HTTP/2); port 0 chooses a free port.</summary>
    public string Url { get; init; } = "http://localhost:5090";

    /// <summary>Where health and metrics are served (HTTP/1.1), apart from gRPC.</summary>
    public string ManagementUrl { get; init; } = "http://127.0.0.1:5091";

    public IEnumerable<string> Problems()
    {
        if (!ListenAddress.IsUsable(Url))
            yield return $"Listen:Url must be an address to listen on, such as http://localhost:5090; it is '{Url}'.";
        if (!ListenAddress.IsUsable(ManagementUrl))
            yield return $"Listen:ManagementUrl must be an address to listen on, such as http://127.0.0.1:5091; it is '{ManagementUrl}'.";
    }
}

/// <summary>The durations of a shutdown.</summary>
internal sealed class ShutdownSettings : ISettings
{
    public static string Section => "Shutdown";

    /// <summary>How long the process accepts new calls after it is unhealthy, so that clients notice.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan DrainDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long running calls may take after this delay.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>The format of log lines.</summary>
internal sealed class LogSettings : ISettings
{
    public static string Section => "Logging";

    /// <summary><c>json</c>, <c>text</c>, or <c>auto</c>: text on a terminal and JSON elsewhere.</summary>
    public string Format { get; init; } = "auto";

    internal bool IsJson => Format == "json" || (Format == "auto" && Console.IsOutputRedirected);

    public IEnumerable<string> Problems()
    {
        if (Format is not ("auto" or "json" or "text"))
            yield return $"Logging:Format must be auto, json or text; it is '{Format}'.";
    }
}

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
