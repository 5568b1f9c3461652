using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Ledger;
using Portico.Domain.Orders;

namespace Portico.Application.Orders;

/// <summary>Places an order and pays for it from a wallet of the caller; both happen or neither.</summary>
/// <example>
/// {"walletId":"01a1fc7e-0001-7915-aa3f-8ae82c4c4ddd","lines":[{"productId":"0199c2a7-0001-7000-8000-000000000001","quantity":2}],
/// "expectedTotal":{"amount":"25.00","currency":"EUR"}}
/// </example>
[Authenticated]
public sealed record PlaceOrder : ICommand<OrderDto>, INeedsIdempotencyKey, IOwnTransaction
{
    public const int MaxLines = 50;
    public const int MaxQuantity = 1_000;

    /// <summary>The wallet that pays; it has the currency of the products.</summary>
    public required Guid WalletId { get; init; }

    /// <summary>1 to 50 lines, each with another product.</summary>
    public required IReadOnlyList<PlaceOrderLine> Lines { get; init; }

    /// <summary>What the caller expects to pay. Without it the order is placed at whatever the products cost now.</summary>
    public Money? ExpectedTotal { get; init; }
}

/// <summary>A product, and how many of it.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="Quantity">1 to 1000.</param>
/// <example>{"productId":"0199c2a7-0001-7000-8000-000000000001","quantity":2}</example>
public sealed record PlaceOrderLine(Guid ProductId, int Quantity);

internal sealed class PlaceOrderValidator : AbstractValidator<PlaceOrder>
{
    public PlaceOrderValidator()
    {
        RuleFor(c => c.Lines)
            .Must(lines => lines is { Count: >= 1 and <= PlaceOrder.MaxLines })
            .WithMessage($"An order has 1 to {PlaceOrder.MaxLines} lines.");
        RuleFor(c => c.Lines)
            .Must(lines => lines is null || lines.DistinctBy(line => line?.ProductId).Count() == lines.Count)
            .WithMessage("Each line has another product.");
        RuleForEach(c => c.Lines).ChildRules(line => line.RuleFor(l => l.Quantity)
            .InclusiveBetween(1, PlaceOrder.MaxQuantity)
            .WithMessage($"A quantity is 1 to {PlaceOrder.MaxQuantity}."));
        RuleFor(c => c.ExpectedTotal).IsAmount();
    }
}

internal sealed class PlaceOrderHandler(IOrders orders, OrderSteps steps, OrderRequests requests, ICurrentUser caller)
    : ICommandHandler<PlaceOrder, OrderDto>
{
    public Task<Result<OrderDto>> Handle(PlaceOrder command, CancellationToken cancellationToken) => requests.Once(
        token => Plan(command, token),
        async (saga, token) =>
        {
            var placed = await steps.Place(saga, command.Lines, token);
            return new OrderSagaResult(placed, placed.Error is null ? OrderEvent.OfPlaced(placed.Value) : null);
        },
        cancellationToken);

    private async Task<Result<OrderPlan>> Plan(PlaceOrder command, CancellationToken cancellationToken)
    {
        // No product has the empty id, which the service refuses as a mistake in a field.
        if (command.Lines.Any(line => line.ProductId == Guid.Empty))
            return OrderErrors.ProductNotFound;

        var found = await orders.FindProducts(command.Lines.Select(line => line.ProductId), cancellationToken);
        if (found.Error is { } error)
            return error;

        var prices = found.Value.ToDictionary(product => product.Id, product => product.Price);
        if (!command.Lines.All(line => prices.ContainsKey(line.ProductId)))
            return OrderErrors.ProductNotFound;
        var currency = prices[command.Lines[0].ProductId].Currency;
        if (prices.Values.Any(price => price.Currency != currency))
            return LedgerErrors.CurrencyMismatch;
        var total = command.Lines
            .Select(line => Money.Of(prices[line.ProductId].Amount * line.Quantity, currency))
            .Aggregate((sum, amount) => sum + amount);
        if (command.ExpectedTotal is { } expected && expected != total)
            return OrderErrors.PriceChanged;

        return OrderPlan.Of(requests.NewSaga(OrderSagaKind.Place, caller.Id) with { WalletId = command.WalletId, Total = total });
    }
}
