using Grpc.Core;

namespace Portico.Orders.Domain;

/// <summary>An expected refusal: a status of gRPC, a stable code and a sentence for a person.</summary>
internal sealed record OrderError(StatusCode Status, string Code, string Message)
{
    /// <summary>The domain of the codes in <c>google.rpc.ErrorInfo</c>.</summary>
    public const string Domain = "orders.portico";
}

/// <summary>All errors of the service; the proto lists which call has which.</summary>
internal static class OrderErrors
{
    public static readonly OrderError InvalidToken =
        new(StatusCode.Unauthenticated, "INVALID_TOKEN", "The access token is missing, wrong or expired.");

    public static readonly OrderError Forbidden = new(StatusCode.PermissionDenied, "FORBIDDEN", "This token may not do this.");

    public static readonly OrderError ValidationFailed =
        new(StatusCode.InvalidArgument, "VALIDATION_FAILED", "Some fields are invalid.");

    public static readonly OrderError NotFound = new(StatusCode.NotFound, "ORDER_NOT_FOUND", "There is no such order.");

    public static readonly OrderError IdReused =
        new(StatusCode.AlreadyExists, "ORDER_ID_REUSED", "This id belongs to an order with other content.");

    public static readonly OrderError Cancelled =
        new(StatusCode.FailedPrecondition, "ORDER_CANCELLED", "The order is cancelled.");

    public static readonly OrderError ProductNotFound =
        new(StatusCode.FailedPrecondition, "PRODUCT_NOT_FOUND", "A product does not exist or is not on sale.");

    public static readonly OrderError PriceChanged =
        new(StatusCode.FailedPrecondition, "PRICE_CHANGED", "The total of the order is not the expected one. Read the prices again.");

    public static readonly OrderError TooManyOrders =
        new(StatusCode.ResourceExhausted, "TOO_MANY_ORDERS", "This user has too many pending orders, or too many orders at all.");

    public static readonly OrderError TooManyStreams =
        new(StatusCode.ResourceExhausted, "TOO_MANY_STREAMS", "Too many streams are open. Close one first.");

    public static readonly OrderError ConcurrentChange =
        new(StatusCode.Aborted, "CONCURRENT_CHANGE", "Another call changed the same data. Repeat the call.");

    public static readonly OrderError Unavailable =
        new(StatusCode.Unavailable, "SERVICE_UNAVAILABLE", "The service can't answer now. Repeat the call later.");

    public static readonly OrderError DeadlineExceeded =
        new(StatusCode.DeadlineExceeded, "DEADLINE_EXCEEDED", "The deadline of the call passed.");

    public static readonly OrderError Internal = new(StatusCode.Internal, "INTERNAL_ERROR", "Something failed that should not.");
}

/// <summary>Ends a call with an expected refusal.</summary>
/// <remarks>gRPC ends a call with an exception; <c>CallInterceptor</c> turns this one into a status with details.</remarks>
internal sealed class OrderRefusedException(OrderError error, IReadOnlyDictionary<string, string>? fields = null)
    : Exception(error.Message)
{
    public OrderError Error { get; } = error;

    /// <summary>The invalid fields with what is wrong with each.</summary>
    public IReadOnlyDictionary<string, string> Fields { get; } = fields ?? new Dictionary<string, string>(StringComparer.Ordinal);
}
