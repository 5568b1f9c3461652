using Portico.Application.Common.Paging;
using Portico.Domain.Common;
using Portico.Domain.Orders;

namespace Portico.Application.Orders;

/// <summary>Reads products and orders from the orders service, as the current caller.</summary>
/// <exception cref="Common.DependencyUnavailableException">The service does not answer; the same read may succeed later.</exception>
public interface IOrders
{
    /// <summary>One page of the products on sale, by name.</summary>
    Task<Result<Page<ProductDto>>> ListProducts(int limit, string? cursor, CancellationToken cancellationToken);

    /// <summary>The products on sale among these.</summary>
    Task<Result<IReadOnlyList<ProductDto>>> FindProducts(IEnumerable<Guid> ids, CancellationToken cancellationToken);

    /// <summary>One page of the caller's orders, newest first.</summary>
    Task<Result<Page<OrderDto>>> List(int limit, string? cursor, CancellationToken cancellationToken);

    /// <summary>An order of the caller; managers get any order.</summary>
    Task<Result<OrderDto>> Get(Guid id, CancellationToken cancellationToken);
}

/// <summary>Changes orders in the orders service, as Portico itself. Every call may be repeated.</summary>
/// <exception cref="Common.DependencyUnavailableException">
/// The service does not answer, and it is unknown whether the change was made.
/// </exception>
public interface IOrderProcessing
{
    /// <summary>Adds a pending order with this id; it must cost the expected total.</summary>
    Task<Result<OrderDto>> Place(
        Guid ownerId, Guid orderId, IReadOnlyList<PlaceOrderLine> lines, Money total, CancellationToken cancellationToken);

    /// <summary>Turns a pending order into a placed one.</summary>
    Task<Result<OrderDto>> Confirm(Guid ownerId, Guid orderId, CancellationToken cancellationToken);

    /// <summary>Cancels an order.</summary>
    /// <param name="ownerId">Its owner.</param>
    /// <param name="orderId">The order.</param>
    /// <param name="reason">Why.</param>
    /// <param name="refuseId">Whether the id is refused from now on if there is no such order yet.</param>
    /// <param name="cancellationToken">Ends only the wait.</param>
    /// <returns>The order; an error when there is none.</returns>
    Task<Result<OrderDto>> Cancel(
        Guid ownerId, Guid orderId, OrderCancellation reason, bool refuseId, CancellationToken cancellationToken);
}
