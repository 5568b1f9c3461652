using Grpc.Core;
using Portico.WebApi.Http;

namespace Portico.WebApi.Rpc;

/// <summary>Maps an error to a status of gRPC; the only place that does.</summary>
internal static class RpcErrors
{
    /// <summary>The domain of the codes in <c>google.rpc.ErrorInfo</c>.</summary>
    public const string Domain = "portico";

    public static RpcException Of(HttpError error) => StatusDetails.Refuse(
        CodeOf(error.Status),
        new StatusReason(Domain, error.Code.ToUpperInvariant(), error.Detail),
        error.RetryAfter,
        from field in error.Fields ?? new Dictionary<string, string[]>(StringComparer.Ordinal)
        from problem in field.Value
        select KeyValuePair.Create(field.Key, problem));

    public static StatusCode CodeOf(int status) => status switch
    {
        StatusCodes.Status400BadRequest => StatusCode.InvalidArgument,
        StatusCodes.Status401Unauthorized => StatusCode.Unauthenticated,
        StatusCodes.Status403Forbidden => StatusCode.PermissionDenied,
        StatusCodes.Status404NotFound => StatusCode.NotFound,
        StatusCodes.Status409Conflict => StatusCode.AlreadyExists,
        StatusCodes.Status412PreconditionFailed or StatusCodes.Status422UnprocessableEntity => StatusCode.FailedPrecondition,
        StatusCodes.Status429TooManyRequests => StatusCode.ResourceExhausted,
        StatusCodes.Status503ServiceUnavailable => StatusCode.Unavailable,
        StatusCodes.Status504GatewayTimeout => StatusCode.DeadlineExceeded,
        _ => StatusCode.Internal,
    };
}
