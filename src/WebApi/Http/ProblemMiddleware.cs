namespace Portico.WebApi.Http;

/// <summary>Answers every failed request with Problem Details: exceptions, and error statuses without a body.</summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> logger)
{
    private const int ClientClosedRequest = 499;

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception) when (IsClientGone(context))
        {
            // The client has disconnected; the status is only for the log and the metrics.
            if (!context.Response.HasStarted)
                context.Response.StatusCode = ClientClosedRequest;
            return;
        }
        catch (Exception failure) when (!context.Response.HasStarted)
        {
            var refusal = FailureMapper.Explain(failure, context);
            if (refusal.Status == StatusCodes.Status500InternalServerError)
                LogUnhandled(failure, context.Request.Method, RequestTrace.IdOf(context));
            else if (refusal.Status >= StatusCodes.Status500InternalServerError)
                LogUnavailable(refusal.Code, failure.GetType().Name, failure.Message);

            context.Response.ForgetSuccess();
            await BodyLimit.DrainIfTooLarge(context, refusal);
            await context.Refuse(refusal);
            return;
        }

        if (
            context.Response is { HasStarted: false, StatusCode: >= 400 and < 600, ContentLength: null, ContentType: null }
                && context.Response.StatusCode != ClientClosedRequest)
            await context.Refuse(HttpErrors.OfStatus(context.Response.StatusCode));
    }

    private static bool IsClientGone(HttpContext context) =>
        context.RequestAborted.IsCancellationRequested && !RequestDeadline.HasPassed(context);

    [LoggerMessage(1, LogLevel.Error, "{Method} failed unexpectedly in trace {FailedTraceId}.")]
    private partial void LogUnhandled(Exception failure, string method, string failedTraceId);

    [LoggerMessage(2, LogLevel.Warning, "Answered {Code}: {FailureType}: {Failure}")]
    private partial void LogUnavailable(string code, string failureType, string failure);
}
