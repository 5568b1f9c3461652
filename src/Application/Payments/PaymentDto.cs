using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Payments;

namespace Portico.Application.Payments;

/// <summary>A payment of a user.</summary>
/// <example>
/// {"id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","ownerId":"01a1fc7e-b0b0-7d15-9c3f-5ae82c4c4dd1",
/// "walletId":"01a1fc7e-0001-7915-aa3f-8ae82c4c4ddd","provider":"stripe",
/// "providerId":"pi_3PqR","status":"pending","amount":{"amount":"25.00","currency":"EUR"},"redirectUrl":null,
/// "clientSecret":"pi_3PqR_secret_8vXz","captured":null,"refunded":{"amount":"0.00","currency":"EUR"},"failure":null,
/// "needsAttention":false,"refunds":[],"createdAt":"2026-11-21T10:00:00.123Z","endedAt":null}
/// </example>
public sealed record PaymentDto
{
    public required Guid Id { get; init; }

    /// <summary>The user who pays.</summary>
    public required Guid OwnerId { get; init; }

    public required Guid WalletId { get; init; }
    public required PaymentProvider Provider { get; init; }
    public required PaymentStatus Status { get; init; }

    /// <summary>What is to be paid.</summary>
    public required Money Amount { get; init; }

    /// <summary>The provider's id of it; null until the provider has answered.</summary>
    public required string? ProviderId { get; init; }

    /// <summary>Where the user pays, of YooKassa; null once the payment has ended, and for everybody else.</summary>
    public required string? RedirectUrl { get; init; }

    /// <summary>What Stripe.js needs for the payment, of Stripe; null once the payment has ended, and for everybody else.</summary>
    public required string? ClientSecret { get; init; }

    /// <summary>What was received; null until then.</summary>
    public required Money? Captured { get; init; }

    /// <summary>What went back.</summary>
    public required Money Refunded { get; init; }

    /// <summary>Why it was canceled: refused, canceled or expired.</summary>
    public required string? Failure { get; init; }

    /// <summary>Whether a manager must look at it: a wallet could not take the money, or not pay a refund.</summary>
    public required bool NeedsAttention { get; init; }

    public required IReadOnlyList<PaymentRefundDto> Refunds { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the money was received or the payment was canceled.</summary>
    public required DateTimeOffset? EndedAt { get; init; }

    /// <summary>What a caller sees of a payment; what it is paid with is for its owner only.</summary>
    internal static PaymentDto Of(Payment payment, ICurrentUser caller)
    {
        var confirmation = payment.OwnerId == caller.Id ? payment.Confirmation : null;
        return new PaymentDto
        {
            Id = payment.Id,
            OwnerId = payment.OwnerId,
            WalletId = payment.WalletId,
            Provider = payment.Provider,
            ProviderId = payment.ProviderId,
            Status = payment.Status,
            Amount = payment.Money,
            RedirectUrl = payment.Provider == PaymentProvider.Yookassa ? confirmation : null,
            ClientSecret = payment.Provider == PaymentProvider.Stripe ? confirmation : null,
            Captured = payment.CapturedMoney,
            Refunded = Money.OfMinorUnits(payment.Refunded, payment.Currency),
            Failure = payment.Failure,
            NeedsAttention = payment.NeedsAttention,
            Refunds = [.. payment.Refunds.OrderBy(refund => refund.Id).Select(PaymentRefundDto.Of)],
            CreatedAt = payment.CreatedAt,
            EndedAt = payment.EndedAt,
        };
    }
}

/// <summary>A refund of a payment.</summary>
/// <param name="Id">Its id.</param>
/// <param name="PaymentId">The payment.</param>
/// <param name="Amount">How much goes back.</param>
/// <param name="Status">How far it is.</param>
/// <param name="Reason">Why, as the manager said.</param>
/// <param name="IsExternal">Whether it was made at the provider, without Portico.</param>
/// <param name="Failure">Why it failed.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="EndedAt">When it succeeded or failed.</param>
/// <example>
/// {"id":"01a1fc7e-e7a2-7915-aa3f-8ae82c4c4ddd","paymentId":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd",
/// "amount":{"amount":"10.00","currency":"EUR"},"status":"pending","reason":"One of the two was broken","isExternal":false,"failure":null,
/// "createdAt":"2026-11-22T10:00:00.123Z","endedAt":null}
/// </example>
public sealed record PaymentRefundDto(
    Guid Id, Guid PaymentId, Money Amount, RefundStatus Status, string? Reason, bool IsExternal, string? Failure,
    DateTimeOffset CreatedAt, DateTimeOffset? EndedAt)
{
    internal static PaymentRefundDto Of(PaymentRefund refund) => new(
        refund.Id, refund.PaymentId, refund.Money, refund.Status, refund.Reason, refund.IsExternal, refund.Failure, refund.CreatedAt,
        refund.EndedAt);
}
