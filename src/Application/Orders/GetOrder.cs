using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Orders;

/// <summary>Gets an order of the caller; managers get any order.</summary>
[Authenticated]
public sealed record GetOrder(Guid Id) : IQuery<OrderDto>;

internal sealed class GetOrderHandler(IOrders orders) : IQueryHandler<GetOrder, OrderDto>
{
    public Task<Result<OrderDto>> Handle(GetOrder query, CancellationToken cancellationToken) => orders.Get(query.Id, cancellationToken);
}
