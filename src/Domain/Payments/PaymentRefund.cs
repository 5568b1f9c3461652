using Portico.Domain.Common;
using Portico.Domain.Currencies;

namespace Portico.Domain.Payments;

/// <summary>The status of a refund.</summary>
public enum RefundStatus
{
    /// <summary>The money is reserved, or is on its way back.</summary>
    Pending,

    /// <summary>The money went back to the user who paid.</summary>
    Succeeded,

    /// <summary>Nothing went back.</summary>
    Failed,
}

/// <summary>All or a part of a payment that goes back to the user who paid.</summary>
public sealed class PaymentRefund : Entity, IOwned
{
    public const int MaxReasonLength = 200;
    public const int MaxFailureLength = 60;

    private PaymentRefund(Guid id, Guid ownerId, Guid paymentId)
        : base(id) => (OwnerId, PaymentId) = (ownerId, paymentId);

    public Guid OwnerId { get; private init; }
    public Guid PaymentId { get; private init; }

    /// <summary>In minor units.</summary>
    public decimal Amount { get; private init; }

    public Currency Currency { get; private init; } = null!;
    public RefundStatus Status { get; private set; }

    /// <summary>The provider's id of it; <c>null</c> until the provider has answered.</summary>
    public string? ProviderId { get; private set; }

    /// <summary>Whether it was made at the provider without Portico.</summary>
    public bool IsExternal { get; private init; }

    /// <summary>The manager who asked for it; <c>null</c> for one that was made at the provider.</summary>
    public Guid? RequestedBy { get; private init; }

    public string? Reason { get; private init; }

    /// <summary>Why it failed; a code.</summary>
    public string? Failure { get; private set; }

    public DateTimeOffset CreatedAt { get; private init; }
    public DateTimeOffset? EndedAt { get; private set; }

    public Money Money => Money.OfMinorUnits(Amount, Currency);

    internal static PaymentRefund Request(Guid id, Payment payment, Money amount, Guid? by, string? reason, DateTimeOffset now) =>
        new(id, payment.OwnerId, payment.Id)
        {
            Amount = amount.MinorUnits,
            Currency = amount.Currency,
            RequestedBy = by,
            Reason = reason,
            IsExternal = by is null,
            CreatedAt = now,
        };

    internal void Name(string providerId) => ProviderId = providerId;

    internal void End(RefundStatus status, string? failure, DateTimeOffset now) => (Status, Failure, EndedAt) = (status, failure, now);
}
