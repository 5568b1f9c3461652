namespace Portico.WebApi.Http;

/// <summary>Serves the metrics only at the management address, and the API only at its own addresses.</summary>
internal sealed class ManagementGate(RequestDelegate next)
{
    public const string Metrics = "/metrics";
    public const string Health = "/health";

    public Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path;
        var belongs = path.StartsWithSegments(Health, StringComparison.OrdinalIgnoreCase)
            || path.StartsWithSegments(Metrics, StringComparison.OrdinalIgnoreCase) == Listeners.IsManagement(context);
        return belongs ? next(context) : context.Refuse(HttpErrors.NotFound);
    }
}
