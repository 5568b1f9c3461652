namespace Portico.WebApi.Http;

/// <summary>Refuses a caller of the API who has sent more requests in a minute than <see cref="CallerRateLimit"/> allows.</summary>
/// <remarks>Health checks, metrics and the keys for verifiers have no limit: monitoring and verifiers are never refused.</remarks>
internal sealed class RateLimitMiddleware(RequestDelegate next, CallerRateLimit limit)
{
    private const string Api = "/api";

    public Task InvokeAsync(HttpContext context) =>
        context.Request.Path.StartsWithSegments(Api, StringComparison.OrdinalIgnoreCase) && limit.Refuse(context) is { } refusal
            ? context.Refuse(refusal)
            : next(context);
}
