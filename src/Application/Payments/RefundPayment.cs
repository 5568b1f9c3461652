using System.Text.Json.Serialization;
using FluentValidation;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Ledger;
using Portico.Domain.Payments;

namespace Portico.Application.Payments;

/// <summary>Returns all that is left of a payment, or a part, to the user who paid; in total never more than was received.</summary>
/// <remarks>
/// The money is reserved in the wallet and goes back through the provider, in the background: read the payment to see how far it is.
/// </remarks>
/// <example>{"amount":{"amount":"10.00","currency":"EUR"},"reason":"One of the two was broken"}</example>
[RequirePermission(Permissions.PaymentsRefund)]
public sealed record RefundPayment : ICommand<PaymentRefundDto>, INeedsIdempotencyKey
{
    [JsonIgnore]
    public Guid Id { get; init; }

    /// <summary>How much goes back; without it all that is left.</summary>
    public Money? Amount { get; init; }

    /// <summary>Why; the user sees it.</summary>
    public string? Reason { get; init; }
}

internal sealed class RefundPaymentValidator : AbstractValidator<RefundPayment>
{
    public RefundPaymentValidator()
    {
        RuleFor(c => c.Amount).IsAmount();
        RuleFor(c => c.Reason).IsDescription();
    }
}

internal sealed class RefundPaymentHandler(
    IPaymentProviders providers, IPaymentWork work, IAccounts accounts, IAuditLog audit, ICurrentUser caller, TimeProvider clock)
    : ICommandHandler<RefundPayment, PaymentRefundDto>
{
    public async Task<Result<PaymentRefundDto>> Handle(RefundPayment command, CancellationToken cancellationToken)
    {
        // The lock decides between two refunds at once.
        if (await work.Lock(command.Id, cancellationToken) is not { } payment)
            return PaymentErrors.NotFound;
        if (providers.Find(payment.Provider) is null)
            return PaymentErrors.ProviderOff;
        var added = payment.RequestRefund(command.Amount, caller.Id, command.Reason, clock.GetUtcNow());
        if (added.Error is { } refusal)
            return refusal;

        var refund = added.Value;
        // For an answer at once. What decides is the hold, which the ledger places later.
        if (payment.Status == PaymentStatus.Succeeded
            && (await accounts.Read([payment.WalletId], cancellationToken))[payment.WalletId].Available < refund.Money)
        {
            return LedgerErrors.InsufficientFunds;
        }

        audit.Add(new AuditNote(AuditActions.PaymentRefundRequested, AuditSubject.Payment(payment.Id))
            .With("refundId", refund.Id)
            .With("amount", $"{refund.Money}")
            .Changed("reason", null, refund.Reason));
        await work.Wake(payment.Id, cancellationToken);
        return PaymentRefundDto.Of(refund);
    }
}
