namespace Portico.WebApi.Http;

/// <summary>Refuses requests of the API that are over the limit of their caller (<see cref="CallerRateLimit"/>).</summary>
/// <remarks>Health checks, metrics and the keys for verifiers have no limit: monitoring and verifiers are never refused.</remarks>
internal sealed class RateLimitMiddleware(RequestDelegate next, CallerRateLimit limit)
{
    private const string Api = "/api";

    public Task InvokeAsync(HttpContext context) =>
        context.Request.Path.StartsWithSegments(Api, StringComparison.OrdinalIgnoreCase) && limit.Refuse(context) is { } refusal
            ? context.Refuse(refusal)
            : next(context);
}
