using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Orders;

/// <summary>Lists the products on sale, by name.</summary>
[Authenticated]
public sealed record ListProducts : PagedQuery<ProductDto>;

internal sealed class ListProductsValidator : AbstractValidator<ListProducts>
{
    public ListProductsValidator() => this.IsPagedByService();
}

internal sealed class ListProductsHandler(IOrders orders) : IQueryHandler<ListProducts, Page<ProductDto>>
{
    public Task<Result<Page<ProductDto>>> Handle(ListProducts query, CancellationToken cancellationToken) =>
        orders.ListProducts(query.Limit, query.Cursor, cancellationToken);
}
