using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Orders;

namespace Portico.Application.Orders;

/// <summary>Cancels an order of the caller, and returns its money to the wallet that paid.</summary>
[Authenticated]
public sealed record CancelOrder(Guid Id) : ICommand<OrderDto>, INeedsIdempotencyKey, IOwnTransaction;

internal sealed class CancelOrderHandler(IOrders orders, OrderSteps steps, OrderRequests requests, ICurrentUser caller)
    : ICommandHandler<CancelOrder, OrderDto>
{
    public Task<Result<OrderDto>> Handle(CancelOrder command, CancellationToken cancellationToken) => requests.Once(
        token => Plan(command, token),
        async (saga, token) =>
        {
            var cancelled = await steps.Cancel(saga, token);
            if (cancelled.Error is { } error)
                return new OrderSagaResult(error);
            var (order, isReturned) = cancelled.Value;
            return new OrderSagaResult(order, isReturned ? OrderEvent.OfCancelled(order) : null);
        },
        cancellationToken);

    private async Task<Result<OrderPlan>> Plan(CancelOrder command, CancellationToken cancellationToken)
    {
        var found = await orders.Get(command.Id, cancellationToken);
        if (found.Error is { } error)
            return error;
        // A manager reads the orders of others and cancels none.
        if (found.Value.OwnerId != caller.Id)
            return OrderErrors.NotFound;
        return found.Value.Status == OrderStatus.Cancelled
            ? OrderPlan.Of(found.Value)
            : OrderPlan.Of(requests.NewSaga(OrderSagaKind.Cancel, caller.Id, command.Id));
    }
}
