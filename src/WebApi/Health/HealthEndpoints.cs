using System.Text.Json;
using Portico.WebApi.Json;

namespace Portico.WebApi.Health;

internal static class HealthEndpoints
{
    /// <summary>Maps <c>/health/live</c>, which depends on nothing, and <c>/health/ready</c>.</summary>
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/health/live", (HttpContext context) => Write(context, StatusCodes.Status200OK, new { status = "live" })).ExcludeFromDescription();
        endpoints.MapGet("/health/ready", async (HttpContext context, Readiness readiness) =>
        {
            var report = await readiness.Report(context.RequestAborted);
            var status = report.Status == ReadinessStatus.Unready ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
            await Write(context, status, report);
        }).ExcludeFromDescription();
    }

    private static Task Write<T>(HttpContext context, int status, T body)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(body, ApiJson.Options, context.RequestAborted);
    }
}
