using Google.Rpc;
using Grpc.Core;
using Portico.Application.Common;
using Portico.Application.Common.Paging;
using Portico.Application.Orders;
using Portico.Domain.Common;
using Portico.Domain.Orders;
using Portico.Infrastructure.AccessTokens;
using Portico.Infrastructure.Aggregation;
using V1 = Portico.Orders.V1;

namespace Portico.Infrastructure.Orders;

/// <summary>Calls the orders service by gRPC: reads carry the token of the caller, changes a token of Portico itself.</summary>
/// <remarks>
/// Thread-safe.
/// No call is made twice here. Calls go through the circuit breaker of the service, except those that end what was begun: these must not
/// wait for it, and few of them run at a time.
/// </remarks>
internal sealed class OrdersGateway(
    V1.Orders.OrdersClient client, OrdersSettings settings, Downstreams downstreams, ServiceTokenIssuer tokens, TimeProvider clock)
    : IOrders, IOrderProcessing
{
    public const string Downstream = "orders";

    private const string Name = "The orders service";
    private const string ErrorDomain = "orders.portico";
    private const string ProcessPermission = "orders.process";

    // Those that the caller is told. Any other refusal is a mistake between the two services.
    private static readonly Dictionary<string, Error> Refusals = new(StringComparer.Ordinal)
    {
        ["ORDER_NOT_FOUND"] = OrderErrors.NotFound,
        ["ORDER_CANCELLED"] = OrderErrors.Interrupted,
        ["PRODUCT_NOT_FOUND"] = OrderErrors.ProductNotFound,
        ["PRICE_CHANGED"] = OrderErrors.PriceChanged,
        ["TOO_MANY_ORDERS"] = OrderErrors.TooMany,
    };

    public Task<Result<Page<ProductDto>>> ListProducts(int limit, string? cursor, CancellationToken cancellationToken) => Read(
        options => client.ListProductsAsync(new V1.ListProductsRequest { Limit = limit, Cursor = cursor ?? "" }, options),
        answer => PageOf(answer.Products.Select(OrderMessages.Of), answer.NextCursor),
        cancellationToken);

    public Task<Result<IReadOnlyList<ProductDto>>> FindProducts(IEnumerable<Guid> ids, CancellationToken cancellationToken) =>
        Read<V1.ListProductsResponse, IReadOnlyList<ProductDto>>(
            options => client.ListProductsAsync(
                new V1.ListProductsRequest { ProductIds = { ids.Select(id => id.ToString()) } }, options),
            answer => [.. answer.Products.Select(OrderMessages.Of)],
            cancellationToken);

    public Task<Result<Page<OrderDto>>> List(int limit, string? cursor, CancellationToken cancellationToken) => Read(
        options => client.ListOrdersAsync(new V1.ListOrdersRequest { Limit = limit, Cursor = cursor ?? "" }, options),
        answer => PageOf(answer.Orders.Select(OrderMessages.Of), answer.NextCursor),
        cancellationToken);

    // No order has the empty id, which the service refuses as a mistake in a field.
    public Task<Result<OrderDto>> Get(Guid id, CancellationToken cancellationToken) => id == Guid.Empty
        ? Task.FromResult<Result<OrderDto>>(OrderErrors.NotFound)
        : Read(
            options => client.GetOrderAsync(new V1.GetOrderRequest { OrderId = $"{id}" }, options), OrderMessages.Of, cancellationToken);

    public Task<Result<OrderDto>> Place(
        Guid ownerId, Guid orderId, IReadOnlyList<PlaceOrderLine> lines, Money total, CancellationToken cancellationToken)
    {
        var request = new V1.PlaceOrderRequest { OrderId = $"{orderId}", ExpectedTotal = OrderMessages.Of(total) };
        request.Lines.Add(lines.Select(line => new V1.PlaceOrderLine { ProductId = $"{line.ProductId}", Quantity = line.Quantity }));
        return Change(ownerId, options => client.PlaceOrderAsync(request, options), cancellationToken);
    }

    public Task<Result<OrderDto>> Confirm(Guid ownerId, Guid orderId, CancellationToken cancellationToken) => Change(
        ownerId, options => client.ConfirmOrderAsync(new V1.ConfirmOrderRequest { OrderId = $"{orderId}" }, options), cancellationToken);

    public Task<Result<OrderDto>> Cancel(
        Guid ownerId, Guid orderId, OrderCancellation reason, bool refuseId, CancellationToken cancellationToken)
    {
        var request = new V1.CancelOrderRequest
        {
            OrderId = $"{orderId}",
            Reason = reason == OrderCancellation.PaymentFailed ? V1.CancelReason.PaymentFailed : V1.CancelReason.Requested,
            RefuseId = refuseId,
        };
        return Process(ownerId, options => client.CancelOrderAsync(request, options), cancellationToken);
    }

    private Task<Result<TDto>> Read<TAnswer, TDto>(
        Func<CallOptions, AsyncUnaryCall<TAnswer>> call, Func<TAnswer, TDto> convert, CancellationToken cancellationToken)
    {
        Task<Result<TDto>> Run(CancellationToken token) => Call(call, convert, headers: null, settings.ReadTimeout, token);

        // A part of the dashboard is behind the breaker already.
        return CallDeadline.Current is null ? downstreams.Run(Downstream, Run, cancellationToken) : Run(cancellationToken);
    }

    private Task<Result<OrderDto>> Change(
        Guid ownerId, Func<CallOptions, AsyncUnaryCall<V1.Order>> call, CancellationToken cancellationToken) => downstreams.Run(
        Downstream,
        async token =>
        {
            try
            {
                return await Process(ownerId, call, token);
            }
            catch (OperationCanceledException late)
            {
                // Not the end of a request, which a saga outlives, but of the time of the saga: it counts for the circuit breaker.
                throw new DependencyUnavailableException(Name, late);
            }
        },
        cancellationToken);

    private Task<Result<OrderDto>> Process(
        Guid ownerId, Func<CallOptions, AsyncUnaryCall<V1.Order>> call, CancellationToken cancellationToken)
    {
        var token = tokens.Issue(settings.Audience, ownerId, ProcessPermission);
        return Call(
            call, OrderMessages.Of, new Metadata { { "authorization", $"Bearer {token}" } }, settings.Timeout, cancellationToken);
    }

    private async Task<Result<TDto>> Call<TAnswer, TDto>(
        Func<CallOptions, AsyncUnaryCall<TAnswer>> call,
        Func<TAnswer, TDto> convert,
        Metadata? headers,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        if (settings.Url.Length == 0)
            throw new DependencyUnavailableException(Name);
        if (CallDeadline.Current is { } outer && outer.Left < timeout)
            timeout = outer.Left;
        try
        {
            using var running = call(new CallOptions(headers, clock.GetUtcNow().UtcDateTime + timeout, cancellationToken));
            return convert(await running.ResponseAsync);
        }
        catch (RpcException failure)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return ErrorOf(failure, isCaller: headers is null);
        }
    }

    /// <summary>Turns a failed call into an error for the caller, an outage or a bug.</summary>
    private static Error ErrorOf(RpcException failure, bool isCaller)
    {
        var details = failure.GetRpcStatus();
        var reason = details?.GetDetail<ErrorInfo>() is { Domain: ErrorDomain } info ? info.Reason : null;
        if (reason is not null && Refusals.TryGetValue(reason, out var refusal))
            return refusal;
        switch (failure.StatusCode)
        {
            case StatusCode.InvalidArgument when isCaller && details?.GetDetail<BadRequest>() is { } bad:
                return CommonErrors.Validation(bad.FieldViolations.GroupBy(field => field.Field, StringComparer.Ordinal)
                    .ToDictionary(field => field.Key, field => field.Select(f => f.Description).ToArray(), StringComparer.Ordinal));
            case StatusCode.PermissionDenied when isCaller && reason is not null:
                return CommonErrors.Forbidden;
            case StatusCode.InvalidArgument or StatusCode.AlreadyExists or StatusCode.Unimplemented:
                throw new InvalidOperationException($"{Name} refused a call: {failure.Status.Detail}", failure);
            // Also Unauthenticated: Portico has just accepted the token, so the service does not know its key yet, and nobody must sign in.
            default:
                throw new DependencyUnavailableException(Name, failure);
        }
    }

    private static Page<T> PageOf<T>(IEnumerable<T> items, string next) => new([.. items], next.Length == 0 ? null : next);
}
