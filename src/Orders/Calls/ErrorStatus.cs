using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Portico.Orders.Domain;

namespace Portico.Orders.Calls;

/// <summary>Turns an error into a status of gRPC with the details of <c>google.rpc</c>.</summary>
internal static class ErrorStatus
{
    private static readonly Duration RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(1));

    public static RpcException Of(OrderError error, IReadOnlyDictionary<string, string>? fields = null)
    {
        var status = new Google.Rpc.Status
        {
            Code = (int)error.Status,
            Message = error.Message,
            Details = { Any.Pack(new ErrorInfo { Reason = error.Code, Domain = OrderError.Domain }) },
        };
        if (error.Status == StatusCode.Unavailable)
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = RetryDelay }));
        if (fields is { Count: > 0 })
        {
            var violations = fields.Select(field => new BadRequest.Types.FieldViolation { Field = field.Key, Description = field.Value });
            status.Details.Add(Any.Pack(new BadRequest { FieldViolations = { violations } }));
        }

        return status.ToRpcException();
    }
}
