namespace Portico.WebApi.Http;

/// <summary>Serves the metrics only at the management address, the API only at its own addresses, and only calls of gRPC at its.</summary>
internal sealed class ManagementGate(RequestDelegate next)
{
    public const string Metrics = "/metrics";
    public const string Health = "/health";

    public Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path;
        var belongs = Listeners.IsGrpc(context)
            ? IsCall(context.Request)
            : path.StartsWithSegments(Health, StringComparison.OrdinalIgnoreCase)
            || path.StartsWithSegments(Metrics, StringComparison.OrdinalIgnoreCase) == Listeners.IsManagement(context);
        return belongs ? next(context) : context.Refuse(HttpErrors.NotFound);
    }

    // GrpcGate then refuses a call of what is not gRPC.
    private static bool IsCall(HttpRequest request) =>
        request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;
}
