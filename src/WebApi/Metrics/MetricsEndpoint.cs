using Portico.WebApi.Edge;

namespace Portico.WebApi.Metrics;

internal static class MetricsEndpoint
{
    /// <summary>Maps <c>/metrics</c>, which <see cref="ManagementGate"/> keeps to the management's address.</summary>
    public static void MapMetrics(this IEndpointRouteBuilder endpoints) => endpoints.MapGet(ManagementGate.Metrics, async (HttpContext context, MetricRegistry metrics) =>
    {
        context.Response.ContentType = PrometheusText.MediaType;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsync(metrics.Scrape(), context.RequestAborted);
    }).ExcludeFromDescription();
}
