namespace Portico.Domain.Orders;

/// <summary>The status of an order.</summary>
public enum OrderStatus
{
    /// <summary>The order exists, and its money is not captured yet.</summary>
    Pending = 1,

    /// <summary>The order is paid.</summary>
    Placed = 2,

    /// <summary>The order is over, and its money is released or returned.</summary>
    Cancelled = 3,
}

/// <summary>Why an order was cancelled.</summary>
public enum OrderCancellation
{
    /// <summary>The owner cancelled the order.</summary>
    Requested = 1,

    /// <summary>The order could not be paid.</summary>
    PaymentFailed = 2,

    /// <summary>The order was pending for too long.</summary>
    Expired = 3,
}
