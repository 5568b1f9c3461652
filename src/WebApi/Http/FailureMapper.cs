using Portico.Application.Common;
using Portico.Infrastructure.Postgres;

namespace Portico.WebApi.Http;

/// <summary>Maps an exception to the error for the client. An unknown exception is a bug and becomes a 500.</summary>
internal static class FailureMapper
{
    public static HttpError Explain(Exception failure, HttpContext context)
    {
        if (failure is not BadHttpRequestException && RequestDeadline.HasPassed(context))
            return HttpErrors.Timeout;

        return Causes.Of(failure).Select(Known).FirstOrDefault(known => known is not null)
            ?? (DatabaseOutage.Is(failure) ? HttpErrors.DependencyUnavailable : HttpErrors.InternalError);
    }

    private static HttpError? Known(Exception failure) => failure switch
    {
        DependencyUnavailableException unavailable => HttpErrors.DependencyUnavailable with { RetryAfter = unavailable.RetryAfter },
        BadHttpRequestException bad => HttpErrors.OfStatus(bad.StatusCode),
        _ => null,
    };
}
