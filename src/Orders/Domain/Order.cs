namespace Portico.Orders.Domain;

/// <summary>The states of an order: pending becomes placed or cancelled, placed becomes cancelled.</summary>
internal enum OrderState
{
    Pending,
    Placed,
    Cancelled,
}

/// <summary>Why an order was cancelled.</summary>
internal enum Cancellation
{
    Requested,
    PaymentFailed,
    Expired,
}

/// <summary>A product that can be ordered.</summary>
internal sealed record CatalogueProduct(Guid Id, string Name, string Description, Money Price);

/// <summary>A product of an order, with its name and price at the time of the order.</summary>
internal sealed record Line(Guid ProductId, string Name, int Quantity, Money UnitPrice)
{
    public Money Amount => UnitPrice.Times(Quantity);
}

/// <summary>What a caller orders: a product and how many of it.</summary>
internal sealed record WantedLine(Guid ProductId, int Quantity);

/// <summary>An order with its rules. An operation answers the error, or null after it has changed the order.</summary>
internal sealed class CustomerOrder
{
    public required Guid Id { get; init; }
    public required Guid OwnerId { get; init; }
    public required OrderState State { get; set; }
    public Cancellation? CancelledFor { get; set; }
    public required IReadOnlyList<Line> Lines { get; init; }
    public required Money Total { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; set; }

    /// <summary>The number of its last change among the changes of its owner.</summary>
    public long Change { get; set; }

    /// <summary>Makes a pending order from products on sale.</summary>
    /// <param name="id">Made by the caller.</param>
    /// <param name="ownerId">The user.</param>
    /// <param name="wanted">Each product once.</param>
    /// <param name="products">The products on sale among those.</param>
    /// <param name="expected">The amount and the currency that the caller holds.</param>
    /// <param name="now">The time.</param>
    public static (CustomerOrder? Order, OrderError? Error) Place(
        Guid id,
        Guid ownerId,
        IReadOnlyList<WantedLine> wanted,
        IReadOnlyDictionary<Guid, CatalogueProduct> products,
        (string Amount, string Currency) expected,
        DateTimeOffset now)
    {
        if (!wanted.All(line => products.ContainsKey(line.ProductId)))
            return (null, OrderErrors.ProductNotFound);

        Line[] lines =
        [
            .. from line in wanted
               let product = products[line.ProductId]
               select new Line(product.Id, product.Name, line.Quantity, product.Price),
        ];
        if (Array.Exists(lines, line => line.UnitPrice.Currency.Code != expected.Currency))
            return (null, OrderErrors.PriceChanged);
        var total = lines.Select(line => line.Amount).Aggregate((sum, amount) => sum + amount);
        if (total.Text != expected.Amount)
            return (null, OrderErrors.PriceChanged);

        var order = new CustomerOrder
        {
            Id = id,
            OwnerId = ownerId,
            State = OrderState.Pending,
            Lines = lines,
            Total = total,
            CreatedAt = now,
            UpdatedAt = now,
        };
        return (order, null);
    }

    /// <summary>Turns a pending order into a placed one; a placed order stays as it is.</summary>
    public OrderError? Confirm(DateTimeOffset now)
    {
        if (State == OrderState.Cancelled)
            return OrderErrors.Cancelled;
        if (State == OrderState.Pending)
            (State, UpdatedAt) = (OrderState.Placed, now);
        return null;
    }

    /// <summary>Cancels the order; a cancelled order stays as it is.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="isProcessing">Whether the caller returns the money of a placed order.</param>
    /// <param name="now">The time.</param>
    public OrderError? Cancel(Cancellation reason, bool isProcessing, DateTimeOffset now)
    {
        if (State == OrderState.Placed && !isProcessing)
            return OrderErrors.Forbidden;
        if (State != OrderState.Cancelled)
            (State, CancelledFor, UpdatedAt) = (OrderState.Cancelled, reason, now);
        return null;
    }

    /// <summary>Cancels the order if it is still pending.</summary>
    public OrderError? Expire(DateTimeOffset now) =>
        State == OrderState.Pending ? Cancel(Cancellation.Expired, isProcessing: false, now) : null;
}
