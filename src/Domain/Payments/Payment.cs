using Portico.Domain.Common;
using Portico.Domain.Currencies;

namespace Portico.Domain.Payments;

/// <summary>Money that a user pays into a wallet through a provider.</summary>
/// <remarks>
/// It follows what the provider says. A change that was made before does nothing, so each may be repeated. What moves in the ledger is
/// moved before the change here, with ids that derive from the payment.
/// </remarks>
public sealed class Payment : AggregateRoot, IOwned
{
    public const int MaxUrlLength = 2048;
    public const int MaxProviderIdLength = 100;
    public const int MaxRefunds = 100;

    private readonly List<PaymentRefund> _refunds = [];

    private Payment(Guid id, Guid ownerId)
        : base(id) => OwnerId = ownerId;

    public Guid OwnerId { get; private init; }
    public Guid WalletId { get; private init; }
    public PaymentProvider Provider { get; private init; }

    /// <summary>What the user was to pay, in minor units.</summary>
    public decimal Amount { get; private init; }

    public Currency Currency { get; private init; } = null!;
    public PaymentStatus Status { get; private set; }

    /// <summary>Where the user returns to after paying.</summary>
    public string ReturnUrl { get; private init; } = "";

    /// <summary>The idempotency key of the request, until it is answered.</summary>
    public string? RequestKey { get; private set; }

    /// <summary>The provider's id of it; <c>null</c> until the provider has answered.</summary>
    public string? ProviderId { get; private set; }

    /// <summary>What the user needs to pay: a URL or a secret for the provider's script; <c>null</c> once the payment has ended.</summary>
    public string? Confirmation { get; private set; }

    /// <summary>What the provider received, in minor units.</summary>
    public decimal? Captured { get; private set; }

    /// <summary>What the provider charged, in minor units; <c>null</c> while it is not known.</summary>
    public decimal? Fee { get; private set; }

    /// <summary>What went back, in minor units.</summary>
    public decimal Refunded { get; private set; }

    /// <summary>Why it was canceled; a code.</summary>
    public string? Failure { get; private set; }

    /// <summary>Whether a manager must look at it: its money, or that of a refund, is in the account of suspense.</summary>
    public bool NeedsAttention { get; private set; }

    public DateTimeOffset CreatedAt { get; private init; }

    /// <summary>When it was received or canceled.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    public IReadOnlyList<PaymentRefund> Refunds => _refunds;

    public Money Money => Money.OfMinorUnits(Amount, Currency);

    public Money? CapturedMoney => Captured is { } units ? Money.OfMinorUnits(units, Currency) : null;

    public bool IsReceived => Status is PaymentStatus.Succeeded or PaymentStatus.Uncredited;

    public static Payment Create(
        Guid ownerId, Guid walletId, PaymentProvider provider, Money amount, string returnUrl, string requestKey, DateTimeOffset now) =>
        new(Ids.New(now), ownerId)
        {
            WalletId = walletId,
            Provider = provider,
            Amount = amount.MinorUnits,
            Currency = amount.Currency,
            ReturnUrl = returnUrl,
            RequestKey = requestKey,
            CreatedAt = now,
        };

    /// <summary>The request was answered.</summary>
    public void Answered() => RequestKey = null;

    /// <summary>The provider has taken it, and the user can pay.</summary>
    public void Open(string providerId, string? confirmation)
    {
        if (Status != PaymentStatus.Created)
            return;
        (Status, ProviderId, Confirmation) = (PaymentStatus.Pending, providerId, confirmation);
    }

    /// <summary>Nothing was paid.</summary>
    public void Cancel(string reason, DateTimeOffset now)
    {
        if (Status is not (PaymentStatus.Created or PaymentStatus.Pending))
            return;
        (Status, Failure, Confirmation, EndedAt) = (PaymentStatus.Canceled, reason, null, now);
    }

    /// <summary>The money was received. That counts also for a payment that was taken for canceled.</summary>
    public void Succeed(Money captured, bool isCredited, DateTimeOffset now)
    {
        if (IsReceived)
            return;
        (Status, Failure, Confirmation, EndedAt) =
            (isCredited ? PaymentStatus.Succeeded : PaymentStatus.Uncredited, null, null, now);
        Captured = captured.MinorUnits;
        NeedsAttention = !isCredited;
        Raise(new PaymentSucceeded(Id, OwnerId, WalletId, Provider, captured, isCredited));
    }

    /// <summary>The fee was booked.</summary>
    public void Charge(Money fee) => Fee ??= fee.MinorUnits;

    /// <summary>Adds a refund of all that is left, or of a part.</summary>
    public Result<PaymentRefund> RequestRefund(Money? amount, Guid by, string? reason, DateTimeOffset now)
    {
        if (!IsReceived)
            return PaymentErrors.NotPaid;
        if (amount is { } asked && asked.Currency != Currency)
            return PaymentErrors.CurrencyMismatch;
        if (_refunds.Count >= MaxRefunds)
            return PaymentErrors.TooManyRefunds;

        var left = Captured!.Value - Refunded
            - _refunds.Where(refund => refund.Status == RefundStatus.Pending).Sum(refund => refund.Amount);
        var units = amount?.MinorUnits ?? left;
        if (units > left || units <= 0)
            return PaymentErrors.RefundExceeded;

        var added = PaymentRefund.Request(Ids.New(now), this, Money.OfMinorUnits(units, Currency), by, reason, now);
        _refunds.Add(added);
        return added;
    }

    /// <summary>The provider has a refund that is not done yet; one that is not known was made at the provider.</summary>
    /// <param name="refundId">Its id.</param>
    /// <param name="providerId">The provider's id of it.</param>
    /// <param name="amount">How much goes back.</param>
    /// <param name="now">The time.</param>
    public void NameRefund(Guid refundId, string providerId, Money amount, DateTimeOffset now) =>
        FindOrAdd(refundId, amount, now).Name(providerId);

    /// <summary>The money of a refund went back; a refund that is not known was made at the provider.</summary>
    /// <param name="refundId">Its id.</param>
    /// <param name="providerId">The provider's id of it.</param>
    /// <param name="amount">How much went back.</param>
    /// <param name="isDebt">Whether the wallet could not pay it.</param>
    /// <param name="now">The time.</param>
    public void SucceedRefund(Guid refundId, string providerId, Money amount, bool isDebt, DateTimeOffset now)
    {
        var refund = FindOrAdd(refundId, amount, now);
        if (refund.Status == RefundStatus.Succeeded)
            return;
        refund.Name(providerId);
        refund.End(RefundStatus.Succeeded, failure: null, now);
        Refunded += refund.Amount;
        // What nobody could take is gone when all of it went back; what a wallet owes stays.
        NeedsAttention = Status == PaymentStatus.Uncredited ? Refunded < Captured : NeedsAttention || isDebt;
        Raise(new PaymentRefunded(
            Id, refund.Id, OwnerId, WalletId, Provider, refund.Money, Money.OfMinorUnits(Refunded, Currency)));
    }

    /// <summary>A refund failed, perhaps after it had succeeded.</summary>
    /// <param name="refundId">Its id.</param>
    /// <param name="reason">Why; a code.</param>
    /// <param name="isSuspended">Whether the wallet could not take its money back.</param>
    /// <param name="now">The time.</param>
    public void FailRefund(Guid refundId, string reason, bool isSuspended, DateTimeOffset now)
    {
        if (Find(refundId) is not { Status: not RefundStatus.Failed } refund)
            return;
        if (refund.Status == RefundStatus.Succeeded)
        {
            Refunded -= refund.Amount;
            NeedsAttention = NeedsAttention || isSuspended || Status == PaymentStatus.Uncredited;
        }

        refund.End(RefundStatus.Failed, reason, now);
    }

    private PaymentRefund FindOrAdd(Guid refundId, Money amount, DateTimeOffset now)
    {
        if (Find(refundId) is { } known)
            return known;
        var added = PaymentRefund.Request(refundId, this, amount, by: null, reason: null, now);
        _refunds.Add(added);
        return added;
    }

    private PaymentRefund? Find(Guid refundId) => _refunds.Find(refund => refund.Id == refundId);
}
