using System.Globalization;
using Portico.Application.Orders;
using Portico.Domain.Currencies;
using Portico.Domain.Orders;
using V1 = Portico.Orders.V1;

namespace Portico.Infrastructure.Orders;

/// <summary>Converts the messages of the orders service.</summary>
internal static class OrderMessages
{
    public static OrderDto Of(V1.Order order) => new()
    {
        Id = Guid.Parse(order.Id, CultureInfo.InvariantCulture),
        OwnerId = Guid.Parse(order.OwnerId, CultureInfo.InvariantCulture),
        Status = order.Status switch
        {
            V1.OrderStatus.Pending => OrderStatus.Pending,
            V1.OrderStatus.Placed => OrderStatus.Placed,
            V1.OrderStatus.Cancelled => OrderStatus.Cancelled,
            _ => throw new FormatException($"The orders service answered the status {order.Status}."),
        },
        Lines = [.. order.Lines.Select(line => new OrderLineDto(
            Guid.Parse(line.ProductId, CultureInfo.InvariantCulture), line.Name, line.Quantity, Of(line.UnitPrice), Of(line.Amount)))],
        Total = Of(order.Total),
        CancelReason = order.CancelReason switch
        {
            V1.CancelReason.Requested => OrderCancellation.Requested,
            V1.CancelReason.PaymentFailed => OrderCancellation.PaymentFailed,
            V1.CancelReason.Expired => OrderCancellation.Expired,
            _ => null,
        },
        CreatedAt = order.CreatedAt.ToDateTimeOffset(),
        UpdatedAt = order.UpdatedAt.ToDateTimeOffset(),
    };

    public static ProductDto Of(V1.Product product) =>
        new(Guid.Parse(product.Id, CultureInfo.InvariantCulture), product.Name, product.Description, Of(product.Price));

    public static V1.Money Of(Domain.Common.Money money) => new() { Amount = money.Text, Currency = money.Currency.Code };

    private static Domain.Common.Money Of(V1.Money money) =>
        Currency.Find(money.Currency) is { } currency && Domain.Common.Money.Parse(money.Amount, currency) is { IsSuccess: true } read
            ? read.Value
            : throw new FormatException($"The orders service answered the amount {money.Amount} {money.Currency}.");
}
