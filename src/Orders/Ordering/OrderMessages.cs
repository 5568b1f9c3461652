using Google.Protobuf.WellKnownTypes;
using Portico.Orders.Domain;

namespace Portico.Orders.Ordering;

/// <summary>Writes the messages of the proto.</summary>
internal static class OrderMessages
{
    public static V1.Money Of(Money money) => new() { Amount = money.Text, Currency = money.Currency.Code };

    public static V1.Product Of(CatalogueProduct product) => new()
    {
        Id = product.Id.ToString(),
        Name = product.Name,
        Description = product.Description,
        Price = Of(product.Price),
    };

    public static V1.Order Of(CustomerOrder order) => new()
    {
        Id = order.Id.ToString(),
        OwnerId = order.OwnerId.ToString(),
        Status = order.State switch
        {
            OrderState.Pending => V1.OrderStatus.Pending,
            OrderState.Placed => V1.OrderStatus.Placed,
            _ => V1.OrderStatus.Cancelled,
        },
        Lines = { order.Lines.Select(Of) },
        Total = Of(order.Total),
        CreatedAt = Timestamp.FromDateTimeOffset(order.CreatedAt),
        UpdatedAt = Timestamp.FromDateTimeOffset(order.UpdatedAt),
        CancelReason = order.CancelledFor switch
        {
            Cancellation.Requested => V1.CancelReason.Requested,
            Cancellation.PaymentFailed => V1.CancelReason.PaymentFailed,
            Cancellation.Expired => V1.CancelReason.Expired,
            _ => V1.CancelReason.Unspecified,
        },
    };

    private static V1.OrderLine Of(Line line) => new()
    {
        ProductId = line.ProductId.ToString(),
        Name = line.Name,
        Quantity = line.Quantity,
        UnitPrice = Of(line.UnitPrice),
        Amount = Of(line.Amount),
    };
}
