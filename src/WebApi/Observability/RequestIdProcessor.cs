using OpenTelemetry;
using OpenTelemetry.Logs;

namespace Portico.WebApi.Observability;

/// <summary>Adds the request id to the log records that are sent to a collector.</summary>
/// <remarks>The scopes of the framework are not used, because they contain the path of the request with ids of records.</remarks>
internal sealed class RequestIdProcessor(IHttpContextAccessor accessor) : BaseProcessor<LogRecord>
{
    public override void OnEnd(LogRecord data)
    {
        if (accessor.HttpContext is { } context)
            data.Attributes = [.. data.Attributes ?? [], new("requestId", context.TraceIdentifier)];
    }
}
