using Portico.Application.Common.Messaging;
using Portico.Domain.Common;
using Portico.Domain.Orders;

namespace Portico.Application.Orders;

/// <summary>What a saga does with an order.</summary>
public enum OrderSagaKind
{
    /// <summary>Hold the money, create the order, capture the money. What is left by a failure is undone.</summary>
    Place,

    /// <summary>Return the money, cancel the order. What is left by a failure is completed.</summary>
    Cancel,
}

/// <summary>One order that is being placed or cancelled; there is at most one at a time for an order.</summary>
public sealed record OrderSaga
{
    public required Guid OrderId { get; init; }
    public required OrderSagaKind Kind { get; init; }
    public required Guid OwnerId { get; init; }

    /// <summary>The idempotency key of the request.</summary>
    public required string Key { get; init; }

    /// <summary>The wallet that pays; only for an order that is being placed.</summary>
    public Guid? WalletId { get; init; }

    /// <summary>What the order costs; only for an order that is being placed.</summary>
    public Money? Total { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How often the work was begun.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>The lease of those who work on it now. With another lease the saga can't be ended.</summary>
    public required Guid LeaseId { get; init; }

    /// <summary>The W3C traceparent of the request.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>An event of an order, with its place among the events of the order.</summary>
public sealed record OrderEvent(long Version, IDomainEvent Event)
{
    private const long PlacedVersion = 1;
    private const long CancelledVersion = 2;

    public static OrderEvent OfPlaced(OrderDto order) => new(
        PlacedVersion,
        new OrderPlaced(
            order.Id,
            order.OwnerId,
            [.. order.Lines.Select(line => new OrderedProduct(line.ProductId, line.Quantity, line.UnitPrice))],
            order.Total));

    public static OrderEvent OfCancelled(OrderDto order) =>
        new(CancelledVersion, new OrderCancelled(order.Id, order.OwnerId, order.Total));
}

/// <summary>How a saga began.</summary>
public enum OrderSagaStart
{
    Begun,

    /// <summary>Another request with the same key came first.</summary>
    KeyTaken,

    /// <summary>Another saga works on the order.</summary>
    OrderTaken,
}

/// <summary>Stores the sagas of orders, so that a crash leaves none unfinished, and the answers to their idempotency keys.</summary>
/// <remarks>
/// A saga is stored before its first step and removed in the transaction that ends it, together with its event and its answer. While its
/// lease runs nobody else works on it; after that a background service undoes or completes it.
/// </remarks>
public interface IOrderSagas
{
    /// <summary>How long a request may work on a saga; its lease is longer.</summary>
    TimeSpan Timeout { get; }

    /// <summary>Stores a saga with a lease, and takes its key.</summary>
    Task<OrderSagaStart> Begin(OrderSaga saga, IdempotencyKey key, CancellationToken cancellationToken);

    /// <summary>Stores the answer to a key that needed no saga.</summary>
    /// <returns>Whether the key was still unused.</returns>
    Task<bool> Answer(IdempotencyKey key, StoredAnswer answer, CancellationToken cancellationToken);

    /// <summary>Removes a saga, with its event and its answer in one transaction. Without an answer the key is free again.</summary>
    /// <returns>Whether the lease was still valid; otherwise nothing was changed.</returns>
    Task<bool> End(
        OrderSaga saga, OrderEvent? happened, IdempotencyKey? key, StoredAnswer? answer, CancellationToken cancellationToken);

    /// <summary>Ends the lease, so that the background service goes on at once. Throws nothing: then the lease ends by itself.</summary>
    Task GiveUp(OrderSaga saga);
}
