using Grpc.Core;
using Portico.Orders.Domain;
using Portico.WebApi.Rpc;

namespace Portico.Orders.Calls;

/// <summary>Turns an error into a status of gRPC with the details of <c>google.rpc</c>.</summary>
internal static class ErrorStatus
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    public static RpcException Of(OrderError error, IReadOnlyDictionary<string, string>? fields = null) => StatusDetails.Refuse(
        error.Status, new StatusReason(OrderError.Domain, error.Code, error.Message),
        error.Status == StatusCode.Unavailable ? RetryDelay : null, fields ?? new Dictionary<string, string>(StringComparer.Ordinal));
}
