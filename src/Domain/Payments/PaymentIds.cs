using Portico.Domain.Common;

namespace Portico.Domain.Payments;

/// <summary>The ids of what belongs to a payment or a refund in the ledger; they derive from its id.</summary>
/// <remarks>So every step repeats safely.</remarks>
public static class PaymentIds
{
    /// <summary>The deposit into the wallet.</summary>
    public static Guid CreditOf(Guid paymentId) => DerivedIds.Of(paymentId, "credit");

    /// <summary>The deposit into the account of suspense, when the wallet can't take the money.</summary>
    public static Guid SuspenseOf(Guid paymentId) => DerivedIds.Of(paymentId, "suspense");

    /// <summary>The fee of the provider.</summary>
    public static Guid FeeOf(Guid paymentId) => DerivedIds.Of(paymentId, "fee");

    /// <summary>A refund that was made at the provider without Portico.</summary>
    public static Guid ExternalRefundOf(Guid paymentId, string providerId) => DerivedIds.Of(paymentId, $"refund {providerId}");

    /// <summary>The hold of the money that a refund returns.</summary>
    public static Guid HoldOf(Guid refundId) => DerivedIds.Of(refundId, "hold");

    /// <summary>The capture of the hold.</summary>
    public static Guid CaptureOf(Guid refundId) => DerivedIds.Of(refundId, "capture");

    /// <summary>The release of the hold.</summary>
    public static Guid ReleaseOf(Guid refundId) => DerivedIds.Of(refundId, "release");

    /// <summary>The withdrawal from the wallet for a refund without a hold.</summary>
    public static Guid WithdrawalOf(Guid refundId) => DerivedIds.Of(refundId, "withdrawal");

    /// <summary>The withdrawal from the account of suspense for a refund that the wallet can't pay.</summary>
    public static Guid DebtOf(Guid refundId) => DerivedIds.Of(refundId, "debt");

    /// <summary>The return of the money of a refund that failed after it had succeeded.</summary>
    public static Guid ReturnOf(Guid refundId) => DerivedIds.Of(refundId, "return");

    /// <summary>The same, into the account of suspense.</summary>
    public static Guid SuspendedReturnOf(Guid refundId) => DerivedIds.Of(refundId, "suspended return");
}
