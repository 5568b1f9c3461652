using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Portico.WebApi.Rpc;

/// <summary>The reason of an error: its domain, its code in upper case and a sentence for a person.</summary>
internal sealed record StatusReason(string Domain, string Code, string Message);

/// <summary>Makes a status of gRPC with the details of <c>google.rpc</c>.</summary>
internal static class StatusDetails
{
    /// <summary>The exception that ends a call with this status.</summary>
    /// <param name="code">The code of gRPC.</param>
    /// <param name="reason">The reason.</param>
    /// <param name="retryAfter">When a repeated call can succeed; <c>null</c> when it can't.</param>
    /// <param name="fields">What is wrong with the fields.</param>
    public static RpcException Refuse(
        StatusCode code, StatusReason reason, TimeSpan? retryAfter, IEnumerable<KeyValuePair<string, string>> fields)
    {
        var status = new Google.Rpc.Status
        {
            Code = (int)code,
            Message = reason.Message,
            Details = { Any.Pack(new ErrorInfo { Reason = reason.Code, Domain = reason.Domain }) },
        };
        if (retryAfter is { } delay)
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }));
        var invalid = new BadRequest();
        foreach (var (field, problem) in fields)
            invalid.FieldViolations.Add(new BadRequest.Types.FieldViolation { Field = field, Description = problem });
        if (invalid.FieldViolations.Count > 0)
            status.Details.Add(Any.Pack(invalid));
        return status.ToRpcException();
    }
}
