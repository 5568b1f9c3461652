namespace Portico.Domain.Payments;

/// <summary>The status of a payment.</summary>
public enum PaymentStatus
{
    /// <summary>The provider has not answered yet.</summary>
    Created,

    /// <summary>The user can pay.</summary>
    Pending,

    /// <summary>The money was received and is in the wallet.</summary>
    Succeeded,

    /// <summary>The money was received, but the wallet could not take it: a manager refunds it.</summary>
    Uncredited,

    /// <summary>Nothing was paid.</summary>
    Canceled,
}
