using Portico.Application.Common;
using Portico.Infrastructure.Postgres;

namespace Portico.WebApi.Http;

/// <summary>Maps an exception to the error for the client. An unknown exception is a bug and becomes a 500.</summary>
internal static class FailureMapper
{
    private const int MaxDepth = 8;

    public static HttpError Explain(Exception failure, HttpContext context)
    {
        if (failure is not BadHttpRequestException && RequestDeadline.HasPassed(context))
            return HttpErrors.Timeout;

        var cause = failure;
        for (var depth = 0; cause is not null && depth < MaxDepth; depth++, cause = cause.InnerException)
        {
            if (Known(cause) is { } refusal)
                return refusal;
        }

        return HttpErrors.InternalError;
    }

    private static HttpError? Known(Exception failure) => failure switch
    {
        DependencyUnavailableException unavailable => HttpErrors.DependencyUnavailable with { RetryAfter = unavailable.RetryAfter },
        BadHttpRequestException bad => HttpErrors.OfStatus(bad.StatusCode),
        _ when DatabaseOutage.Is(failure) => HttpErrors.DependencyUnavailable,
        _ => null,
    };
}
