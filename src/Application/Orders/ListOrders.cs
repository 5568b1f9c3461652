using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Orders;

/// <summary>Lists the caller's orders, newest first.</summary>
[Authenticated]
public sealed record ListOrders : PagedQuery<OrderDto>;

internal sealed class ListOrdersValidator : AbstractValidator<ListOrders>
{
    public ListOrdersValidator() => this.IsPagedByService();
}

internal sealed class ListOrdersHandler(IOrders orders) : IQueryHandler<ListOrders, Page<OrderDto>>
{
    public Task<Result<Page<OrderDto>>> Handle(ListOrders query, CancellationToken cancellationToken) =>
        orders.List(query.Limit, query.Cursor, cancellationToken);
}
