using Portico.Application.Common.Security;
using Portico.Infrastructure.RateLimiting;

namespace Portico.WebApi.Http;

/// <summary>
/// Counts the requests of a caller in a minute: of a user for <c>Limits:UserRequestsPerMinute</c>, of the anonymous callers of a client for
/// <c>Limits:ClientRequestsPerMinute</c>.
/// </summary>
internal sealed class CallerRateLimit(LimitSettings limits, IRequestRateLimiter budget, ICurrentUser user, IRateLimitReport report)
{
    /// <summary>Counts a request, unless its endpoint has no limit.</summary>
    /// <returns>The error 429 <c>too_many_requests</c>, or <c>null</c>.</returns>
    public HttpError? Refuse(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<NoRateLimitAttribute>() is not null)
            return null;

        var isAllowed = user.Claims is { Subject: var person }
            ? budget.TrySpend(person, limits.UserRequestsPerMinute, out var use)
            : budget.TrySpend(context.Connection.RemoteIpAddress, limits.ClientRequestsPerMinute, out use);
        report.Report(use);
        return isAllowed ? null : HttpErrors.TooManyRequests with { RetryAfter = use.Reset };
    }
}

/// <summary>Marks an action or a call that proxies and services make for every request that they get.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NoRateLimitAttribute : Attribute;
