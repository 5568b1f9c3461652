using OpenTelemetry;
using OpenTelemetry.Logs;

namespace Portico.WebApi.Observability;

/// <summary>Adds the request's id to the log records of a request that are sent to a collector.</summary>
/// <remarks>The framework's scopes would do it too, but they hold the path of the request, and ids of records with it.</remarks>
internal sealed class RequestIdProcessor(IHttpContextAccessor accessor) : BaseProcessor<LogRecord>
{
    public override void OnEnd(LogRecord data)
    {
        if (accessor.HttpContext is { } context)
            data.Attributes = [.. data.Attributes ?? [], new("requestId", context.TraceIdentifier)];
    }
}
