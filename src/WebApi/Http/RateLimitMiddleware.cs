using Portico.Application.Common.Security;
using Portico.Infrastructure.RateLimiting;

namespace Portico.WebApi.Http;

/// <summary>
/// Refuses a caller of the API who has sent more requests in a minute than <c>Limits:UserRequestsPerMinute</c> or
/// <c>Limits:ClientRequestsPerMinute</c>.
/// </summary>
/// <remarks>Health checks, metrics and the keys for verifiers have no limit: monitoring and verifiers are never refused.</remarks>
internal sealed class RateLimitMiddleware(
    RequestDelegate next, LimitSettings limits, IRequestRateLimiter budget, ICurrentUser user, IRateLimitReport report)
{
    private const string Api = "/api";

    public Task InvokeAsync(HttpContext context)
    {
        if (!context.Request.Path.StartsWithSegments(Api, StringComparison.OrdinalIgnoreCase)
            || context.GetEndpoint()?.Metadata.GetMetadata<NoRateLimitAttribute>() is not null)
            return next(context);

        var isAllowed = user.Claims is { Subject: var person }
            ? budget.TrySpend(person, limits.UserRequestsPerMinute, out var use)
            : budget.TrySpend(context.Connection.RemoteIpAddress, limits.ClientRequestsPerMinute, out use);
        report.Report(use);
        return isAllowed ? next(context) : context.Refuse(HttpErrors.TooManyRequests with { RetryAfter = use.Reset });
    }
}

/// <summary>Marks an action that proxies call for every request to another service, which has limits of its own.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NoRateLimitAttribute : Attribute;
