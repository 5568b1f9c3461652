using Portico.Domain.Common;

namespace Portico.Domain.Orders;

/// <summary>The errors of orders.</summary>
public static class OrderErrors
{
    public static readonly Error NotFound = new(ErrorKind.NotFound, "not_found", "There is no such order.");

    public static readonly Error ProductNotFound = new(
        ErrorKind.Unprocessable, "product_not_found", "A product of the order does not exist or is not on sale. Read the products again.");

    public static readonly Error PriceChanged = new(
        ErrorKind.Conflict, "price_changed", "The order costs another amount than expected. Read the products again, and use a new key.");

    public static readonly Error TooMany =
        new(ErrorKind.Conflict, "too_many_orders", "You have as many orders as are allowed.");

    public static readonly Error InProgress = new(
        ErrorKind.Conflict, "order_in_progress", "The order is being placed or cancelled right now. Read it again in a moment.");

    public static readonly Error Interrupted = new(
        ErrorKind.Conflict, "order_interrupted", "The order was cancelled before it was complete. Nothing was paid. Place a new one.");
}
