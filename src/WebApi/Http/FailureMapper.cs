using Portico.Application.Common;
using Portico.Infrastructure.Postgres;

namespace Portico.WebApi.Http;

/// <summary>Tells what an exception means to the client. What is not known here is a bug of ours.</summary>
internal static class FailureMapper
{
    private const int MaxDepth = 8;

    public static Refusal Explain(Exception failure, HttpContext context)
    {
        if (RequestDeadline.HasPassed(context))
            return EdgeRefusals.Timeout;

        var cause = failure;
        for (var depth = 0; cause is not null && depth < MaxDepth; depth++, cause = cause.InnerException)
        {
            if (Known(cause) is { } refusal)
                return refusal;
        }

        return EdgeRefusals.InternalError;
    }

    private static Refusal? Known(Exception failure) => failure switch
    {
        DependencyUnavailableException unavailable => EdgeRefusals.DependencyUnavailable with { RetryAfter = unavailable.RetryAfter },
        BadHttpRequestException bad => EdgeRefusals.OfStatus(bad.StatusCode),
        _ when DatabaseOutage.Is(failure) => EdgeRefusals.DependencyUnavailable,
        _ => null,
    };
}
