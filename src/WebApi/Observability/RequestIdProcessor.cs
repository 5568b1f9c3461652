using OpenTelemetry;
using OpenTelemetry.Logs;
using Portico.WebApi.Http;

namespace Portico.WebApi.Observability;

/// <summary>Adds the request id to the log records that are sent to a collector.</summary>
/// <remarks>The scopes of the framework are not used, because they contain the path of the request with ids of records.</remarks>
internal sealed class RequestIdProcessor : BaseProcessor<LogRecord>
{
    public override void OnEnd(LogRecord data)
    {
        if (CurrentRequestId.Value is { } request)
            data.Attributes = [.. data.Attributes ?? [], new("requestId", request)];
    }
}
