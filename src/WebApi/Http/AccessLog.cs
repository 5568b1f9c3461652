using System.Diagnostics;

namespace Portico.WebApi.Http;

/// <summary>Writes one log line for each request: method, route template, status and duration.</summary>
/// <remarks>Never a query, a body, a token or an id: a route template contains none of them.</remarks>
internal sealed partial class AccessLog(RequestDelegate next, ILogger<AccessLog> logger)
{
    private const string Unrouted = "(none)";

    public async Task InvokeAsync(HttpContext context)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            // The endpoint of an unknown version has an empty template.
            var route = context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { Length: > 0 } template } ? template : Unrouted;
            var milliseconds = Math.Round(Stopwatch.GetElapsedTime(started).TotalMilliseconds, 1);
            // Probes ask every second and would hide the other lines.
            var level = context.Request.Path.StartsWithSegments(ManagementGate.Health, StringComparison.OrdinalIgnoreCase)
                || Listeners.IsManagement(context) ? LogLevel.Debug : LogLevel.Information;
            LogAnswered(level, context.Request.Method, route, context.Response.StatusCode, milliseconds);
        }
    }

    [LoggerMessage(EventId = 1, Message = "{Method} {Route} {Status} in {Milliseconds} ms")]
    private partial void LogAnswered(LogLevel level, string method, string route, int status, double milliseconds);
}
