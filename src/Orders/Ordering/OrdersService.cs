using Grpc.Core;
using Portico.Orders.Calls;
using Portico.Orders.Catalogue;
using Portico.Orders.Domain;

namespace Portico.Orders.Ordering;

/// <summary>The calls of <c>portico.orders.v1.Orders</c>; the proto says what each one promises.</summary>
internal sealed class OrdersService(ProductStore products, OrderRows rows, OrderStore store, OrderSignal signal)
    : V1.Orders.OrdersBase
{
    private const int MaxProductIds = 50;
    private const int ChangesAtOnce = 50;

    public override async Task<V1.ListProductsResponse> ListProducts(V1.ListProductsRequest request, ServerCallContext context)
    {
        var errors = new FieldErrors();
        var limit = errors.Limit(request.Limit);
        var after = errors.Cursor<ProductPosition>("cursor", request.Cursor);
        if (request.ProductIds.Count > MaxProductIds)
            errors.Add("product_ids", $"At most {MaxProductIds} products can be named.");
        if (request.ProductIds.Count > 0 && request.Cursor.Length > 0)
            errors.Add("cursor", "Products that are named have no pages.");
        Guid[] ids = [.. request.ProductIds.Take(MaxProductIds).Select((id, i) => errors.Id($"product_ids[{i}]", id))];
        errors.ThrowIfAny();

        var ended = CallScope.Of(context).Ended;
        if (ids.Length > 0)
            return new V1.ListProductsResponse { Products = { (await products.FindAsync(ids, ended)).Select(OrderMessages.Of) } };

        // One more than asked for tells whether there is another page.
        var page = await products.ListAsync(after, limit + 1, ended);
        return new V1.ListProductsResponse
        {
            Products = { page.Take(limit).Select(OrderMessages.Of) },
            NextCursor = page.Count > limit ? RpcCursor.Write(new ProductPosition(page[limit - 1].Name, page[limit - 1].Id)) : "",
        };
    }

    public override async Task<V1.Order> PlaceOrder(V1.PlaceOrderRequest request, ServerCallContext context)
    {
        var input = PlaceOrderInput.Read(request);
        var scope = CallScope.Of(context);
        var owner = scope.Caller.UserId;
        var onSale = (await products.FindAsync([.. input.Lines.Select(line => line.ProductId)], scope.Ended))
            .ToDictionary(product => product.Id);
        return OrderMessages.Of(await store.AddAsync(
            input.Id,
            owner,
            input.Fingerprint(),
            now => CustomerOrder.Place(input.Id, owner, input.Lines, onSale, input.Expected, now),
            scope.Ended));
    }

    public override async Task<V1.Order> ConfirmOrder(V1.ConfirmOrderRequest request, ServerCallContext context)
    {
        var scope = CallScope.Of(context);
        if (!scope.Caller.MayProcess)
            throw new OrderRefusedException(OrderErrors.Forbidden);
        var id = Id(request.OrderId);
        return OrderMessages.Of(await store.ChangeAsync(
            id, scope.Caller.UserId, (order, now) => order.Confirm(now), refuseIfMissing: false, scope.Ended));
    }

    public override async Task<V1.Order> CancelOrder(V1.CancelOrderRequest request, ServerCallContext context)
    {
        var caller = CallScope.Of(context).Caller;
        var errors = new FieldErrors();
        var id = errors.Id("order_id", request.OrderId);
        Cancellation? reason = request.Reason switch
        {
            V1.CancelReason.Unspecified or V1.CancelReason.Requested => Cancellation.Requested,
            V1.CancelReason.PaymentFailed => Cancellation.PaymentFailed,
            _ => null,
        };
        if (reason is null)
            errors.Add("reason", "This must be requested or payment failed.");
        errors.ThrowIfAny();
        if (request.RefuseId && !caller.MayProcess)
            throw new OrderRefusedException(OrderErrors.Forbidden);

        return OrderMessages.Of(await store.ChangeAsync(
            id,
            caller.UserId,
            (order, now) => order.Cancel(reason!.Value, caller.MayProcess, now),
            request.RefuseId,
            CallScope.Of(context).Ended));
    }

    public override async Task<V1.Order> GetOrder(V1.GetOrderRequest request, ServerCallContext context)
    {
        var scope = CallScope.Of(context);
        var order = await rows.FindAsync(Id(request.OrderId), scope.Ended);
        return order is not null && (order.OwnerId == scope.Caller.UserId || scope.Caller.IsManager)
            ? OrderMessages.Of(order)
            : throw new OrderRefusedException(OrderErrors.NotFound);
    }

    public override async Task<V1.ListOrdersResponse> ListOrders(V1.ListOrdersRequest request, ServerCallContext context)
    {
        var errors = new FieldErrors();
        var limit = errors.Limit(request.Limit);
        var after = errors.Cursor<OrderPosition>("cursor", request.Cursor);
        var named = errors.OptionalId("owner_id", request.OwnerId);
        errors.ThrowIfAny();

        var scope = CallScope.Of(context);
        var page = await rows.ListAsync(scope.Caller.OwnerToRead(named), after, limit + 1, scope.Ended);
        return new V1.ListOrdersResponse
        {
            Orders = { page.Take(limit).Select(OrderMessages.Of) },
            NextCursor = page.Count > limit ? RpcCursor.Write(new OrderPosition(page[limit - 1].CreatedAt, page[limit - 1].Id)) : "",
        };
    }

    public override async Task WatchOrders(
        V1.WatchOrdersRequest request, IServerStreamWriter<V1.OrderChange> responseStream, ServerCallContext context)
    {
        var errors = new FieldErrors();
        var start = errors.Cursor<ChangePosition>("position", request.Position);
        var named = errors.OptionalId("owner_id", request.OwnerId);
        errors.ThrowIfAny();

        var scope = CallScope.Of(context);
        var owner = scope.Caller.OwnerToRead(named);
        // Before the first read, so that no change falls between the two.
        using var subscription = signal.Subscribe(owner, scope.Caller.UserId)
            ?? throw new OrderRefusedException(OrderErrors.TooManyStreams);
        var last = start?.Change ?? (await rows.LastChangesAsync([owner], scope.Ended)).GetValueOrDefault(owner);
        // Without the token, which would reset the stream instead of ending it with a status. Kestrel ends one whose client doesn't read.
        await responseStream.WriteAsync(new V1.OrderChange { Position = PositionOf(last) }, CancellationToken.None);
        while (true)
        {
            IReadOnlyList<CustomerOrder> changed;
            do
            {
                changed = await rows.ListChangedAsync(owner, last, ChangesAtOnce, scope.Ended);
                foreach (var order in changed)
                {
                    last = order.Change;
                    var change = new V1.OrderChange { Order = OrderMessages.Of(order), Position = PositionOf(last) };
                    await responseStream.WriteAsync(change, CancellationToken.None);
                }
            }
            while (changed.Count == ChangesAtOnce);
            await subscription.WaitAsync(scope.Ended);
        }
    }

    private static string PositionOf(long change) => RpcCursor.Write(new ChangePosition(change));

    private static Guid Id(string text)
    {
        var errors = new FieldErrors();
        var id = errors.Id("order_id", text);
        errors.ThrowIfAny();
        return id;
    }

    /// <summary>The number of a change among the changes of its owner.</summary>
    private sealed record ChangePosition(long Change);
}
