using System.Diagnostics.Metrics;

namespace Portico.WebApi.Gateway;

/// <summary>How a request to a service behind the gateway ended.</summary>
internal enum GatewayOutcome
{
    /// <summary>The service answered with a status below 400.</summary>
    Ok,

    /// <summary>The cache answered.</summary>
    Hit,

    /// <summary>The service answered with a 4xx status.</summary>
    Rejected,

    /// <summary>Portico refused the request.</summary>
    Refused,

    /// <summary>The service failed, is away, or its circuit breaker is open.</summary>
    Failed,

    /// <summary>The service was late.</summary>
    Timeout,

    /// <summary>The client left.</summary>
    Gone,
}

/// <summary>Metrics of the gateway.</summary>
internal sealed class GatewayMetrics(IMeterFactory meters)
{
    private readonly Histogram<double> _durations = meters.Create("Portico.Gateway").CreateHistogram<double>(
        "portico.gateway.request.duration",
        "s",
        "How long requests to services took, by service and outcome: ok, hit, rejected, refused, failed, timeout or gone.");

    public void Answered(string service, GatewayOutcome outcome, TimeSpan duration) => _durations.Record(
        duration.TotalSeconds,
        new KeyValuePair<string, object?>("service", service),
        new("outcome", outcome.ToString().ToLowerInvariant()));
}
