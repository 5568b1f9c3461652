using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Orders;
using Portico.Domain.Common;

namespace Portico.Application.Dashboard;

/// <summary>The newest orders of the caller, from the orders service.</summary>
[DashboardPart("orders", Share = 0.6, IsCacheable = true, Downstream = "orders")]
internal sealed class OrdersPart(ISender sender) : IDashboardPart<Page<OrderDto>>
{
    private const int Most = 5;

    public Task<Result<Page<OrderDto>>> Read(CancellationToken cancellationToken) =>
        sender.Send(new ListOrders { Limit = Most }, cancellationToken);
}
