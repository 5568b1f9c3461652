using Portico.Domain.Common;

namespace Portico.Domain.Orders;

/// <summary>A product of an order and how many of it, at the price of the order.</summary>
public sealed record OrderedProduct(Guid ProductId, int Quantity, Money UnitPrice);

/// <summary>A user placed an order and paid for it.</summary>
public sealed record OrderPlaced(Guid OrderId, Guid OwnerId, IReadOnlyList<OrderedProduct> Lines, Money Total) : IDomainEvent
{
    public static string Name => "orders.placed.v1";
}

/// <summary>A placed order was cancelled, and its money was returned.</summary>
public sealed record OrderCancelled(Guid OrderId, Guid OwnerId, Money Total) : IDomainEvent
{
    public static string Name => "orders.cancelled.v1";
}
