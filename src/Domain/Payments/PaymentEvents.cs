using Portico.Domain.Common;

namespace Portico.Domain.Payments;

/// <summary>The money of a payment was received; it is in the wallet if it is credited.</summary>
public sealed record PaymentSucceeded(
    Guid PaymentId, Guid OwnerId, Guid WalletId, PaymentProvider Provider, Money Amount, bool IsCredited) : IDomainEvent
{
    public static string Name => "payments.succeeded.v1";
}

/// <summary>Money of a payment went back to the user who paid.</summary>
public sealed record PaymentRefunded(
    Guid PaymentId, Guid RefundId, Guid OwnerId, Guid WalletId, PaymentProvider Provider, Money Amount, Money RefundedInAll) : IDomainEvent
{
    public static string Name => "payments.refunded.v1";
}
