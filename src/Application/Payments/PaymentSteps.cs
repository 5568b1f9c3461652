using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common;
using Portico.Application.Common.Persistence;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Ledger;
using Portico.Domain.Payments;

namespace Portico.Application.Payments;

/// <summary>The steps of payments and refunds. Every step may be repeated, by several processes at the same time too.</summary>
/// <remarks>
/// What the provider says decides. The ledger comes before the row of the payment, with ids that derive from the payment: a repetition
/// gets the first result.
/// </remarks>
public sealed class PaymentSteps(
    IAppDbContext db, ITransaction transaction, IPaymentProviders providers, IPaymentWork work, ILedger ledger, ILedgerRecords records,
    TimeProvider clock)
{
    /// <summary>The failure of a payment that the provider refused.</summary>
    public const string RefusedReason = "refused";

    private const string CanceledReason = "canceled";
    private const string ExpiredReason = "expired";

    /// <summary>How long after its beginning a payment is looked at first.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    // Providers keep idempotency keys for a day. After that a repetition might begin a second payment.
    private static readonly TimeSpan KeyLifetime = TimeSpan.FromHours(20);

    private static readonly TimeSpan FeeSearch = TimeSpan.FromDays(7);

    // A hold that expires would free money that is on its way back.
    private static readonly TimeSpan HoldLifetime = TimeSpan.FromDays(3650);

    /// <summary>Begins a payment at the provider, if that is not done.</summary>
    /// <exception cref="DependencyUnavailableException">The provider does not answer; try again later.</exception>
    public async Task Start(Guid paymentId, CancellationToken cancellationToken)
    {
        var payment = await Read(paymentId, cancellationToken);
        if (payment.Status != PaymentStatus.Created)
            return;
        if (clock.GetUtcNow() - payment.CreatedAt > KeyLifetime)
        {
            await Change(payment, changed => changed.Cancel(ExpiredReason, clock.GetUtcNow()), cancellationToken);
            return;
        }

        var opened = await ProviderOf(payment).Create(payment, cancellationToken);
        await Change(
            payment,
            changed =>
            {
                if (opened.Error is null)
                    changed.Open(opened.Value.ProviderId, opened.Value.Confirmation);
                else
                    changed.Cancel(RefusedReason, clock.GetUtcNow());
            },
            cancellationToken);
    }

    /// <summary>Does all that can be done for a payment now.</summary>
    /// <returns>When to look again; <c>null</c> when nothing is left to do.</returns>
    /// <exception cref="DependencyUnavailableException">The provider or the ledger does not answer; try again later.</exception>
    public async Task<TimeSpan?> Advance(Guid paymentId, CancellationToken cancellationToken)
    {
        await Start(paymentId, cancellationToken);
        var payment = await Read(paymentId, cancellationToken);
        if (payment.ProviderId is not { } providerId)
            return null;

        var provider = ProviderOf(payment);
        var remote = await provider.Get(providerId, cancellationToken);
        if (remote.Status == ProviderPaymentStatus.Pending && clock.GetUtcNow() - payment.CreatedAt > providers.Lifetime
            && await provider.Cancel(providerId, cancellationToken))
        {
            await Change(payment, changed => changed.Cancel(ExpiredReason, clock.GetUtcNow()), cancellationToken);
        }

        if (remote.Status == ProviderPaymentStatus.Canceled)
            await Change(payment, changed => changed.Cancel(CanceledReason, clock.GetUtcNow()), cancellationToken);
        if (remote.Status == ProviderPaymentStatus.Succeeded)
        {
            payment = await Settle(payment, remote, cancellationToken);
            await Refund(payment, provider, remote, cancellationToken);
        }

        return PauseAfter(await Read(paymentId, cancellationToken));
    }

    private async Task<Payment> Settle(Payment payment, ProviderPayment remote, CancellationToken cancellationToken)
    {
        var captured = remote.Captured ?? throw new InvalidOperationException($"Payment {payment.Id} succeeded without an amount.");
        if (captured.Currency != payment.Currency)
            throw new InvalidOperationException($"Payment {payment.Id} was received in {captured.Currency.Code}.");

        if (!payment.IsReceived)
        {
            var isCredited = await Credit(payment, captured, cancellationToken);
            await Change(payment, changed => changed.Succeed(captured, isCredited, clock.GetUtcNow()), cancellationToken);
        }

        if (payment.Fee is null && remote.Fee is { } fee)
        {
            if (fee.IsPositive)
                await Must(PaymentMovement.Fee(PaymentIds.FeeOf(payment.Id), ClearingOf(payment), fee, TextOf(payment)), cancellationToken);
            await Change(payment, changed => changed.Charge(fee), cancellationToken);
        }

        return await Read(payment.Id, cancellationToken);
    }

    /// <returns>Whether the wallet took the money; otherwise the account of suspense has it.</returns>
    private async Task<bool> Credit(Payment payment, Money captured, CancellationToken cancellationToken)
    {
        var credit = CreditOf(payment, PaymentIds.CreditOf(payment.Id), payment.WalletId, captured);
        var refusal = (await Execute(credit, cancellationToken)).Error;
        if (refusal is null)
            return true;
        // This one is not stored under the id of the deposit: a later repetition might be credited, and the money be there twice.
        if (StoredErrorNames.NameOf(refusal) is null)
            throw new InvalidOperationException($"Payment {payment.Id} can't be credited: {refusal.Code}.");
        await Must(CreditOf(payment, PaymentIds.SuspenseOf(payment.Id), SuspenseOf(captured), captured), cancellationToken);
        return false;
    }

    private async Task Refund(
        Payment payment, IPaymentProvider provider, ProviderPayment remote, CancellationToken cancellationToken)
    {
        var known = remote.Refunds.ToList();
        foreach (var refund in payment.Refunds.Where(refund => refund is { Status: RefundStatus.Pending, IsExternal: false }))
        {
            if (known.Exists(found => found.RefundId == refund.Id))
                continue;
            if (payment.Status == PaymentStatus.Succeeded
                && (await Execute(HoldOf(payment, refund.Id, refund.Money), cancellationToken)).Error is { } unpaid)
            {
                if (StoredErrorNames.NameOf(unpaid) is null)
                    throw new InvalidOperationException($"Refund {refund.Id} can't be held: {unpaid.Code}.");
                await Fail(payment, refund.Id, unpaid.Code, cancellationToken);
                continue;
            }

            // The list of refunds was read before: a refund that an earlier attempt made is in it, also when its key is forgotten.
            var made = await provider.Refund(payment, refund, cancellationToken);
            if (made.Error is not null)
                await Fail(payment, refund.Id, RefusedReason, cancellationToken);
            else
                known.Add(made.Value);
        }

        foreach (var found in known)
            await Follow(payment, found, cancellationToken);
    }

    /// <summary>Brings a refund to where the provider has it.</summary>
    private async Task Follow(Payment payment, ProviderRefund found, CancellationToken cancellationToken)
    {
        var row = payment.Refunds.SingleOrDefault(refund => refund.Id == found.RefundId)
            ?? payment.Refunds.SingleOrDefault(refund => refund.ProviderId == found.Id);
        var id = row?.Id ?? PaymentIds.ExternalRefundOf(payment.Id, found.Id);
        switch (found.Status)
        {
            case RefundStatus.Succeeded when row?.Status != RefundStatus.Succeeded:
                var isDebt = await Book(payment, id, row?.Money ?? found.Amount, cancellationToken);
                await Change(
                    payment,
                    changed => changed.SucceedRefund(id, found.Id, found.Amount, isDebt, clock.GetUtcNow()),
                    cancellationToken);
                break;
            case RefundStatus.Failed when row?.Status == RefundStatus.Pending:
                await Fail(payment, id, RefusedReason, cancellationToken);
                break;
            case RefundStatus.Failed when row?.Status == RefundStatus.Succeeded:
                var isSuspended = await Return(payment, row, cancellationToken);
                await Change(
                    payment, changed => changed.FailRefund(id, RefusedReason, isSuspended, clock.GetUtcNow()), cancellationToken);
                break;
            case RefundStatus.Pending when row is null or { Status: RefundStatus.Pending }:
                if (row?.ProviderId is null)
                {
                    await Change(
                        payment, changed => changed.NameRefund(id, found.Id, found.Amount, clock.GetUtcNow()), cancellationToken);
                }

                // One that was made at the provider can't be refused: what the wallet can't pay is booked as debt when it is done.
                if (row is null or { IsExternal: true } && payment.Status == PaymentStatus.Succeeded)
                    await Execute(HoldOf(payment, id, found.Amount), cancellationToken);
                break;
        }
    }

    /// <summary>Moves the money of a refund to the provider: what is held, else from the wallet, else from suspense.</summary>
    /// <returns>Whether the wallet owes it now.</returns>
    private async Task<bool> Book(Payment payment, Guid refundId, Money amount, CancellationToken cancellationToken)
    {
        if (payment.Status == PaymentStatus.Succeeded)
        {
            var captured = await Execute(
                new Capture(PaymentIds.HoldOf(refundId), Amount: null) { Id = PaymentIds.CaptureOf(refundId) }, cancellationToken);
            if (captured.Error is null)
                return false;
            var withdrawn = await Execute(
                RefundOf(payment, PaymentIds.WithdrawalOf(refundId), payment.WalletId, amount), cancellationToken);
            if (withdrawn.Error is null)
                return false;
        }

        await Must(RefundOf(payment, PaymentIds.DebtOf(refundId), SuspenseOf(amount), amount), cancellationToken);
        return payment.Status == PaymentStatus.Succeeded;
    }

    /// <summary>Gives the money of a refund that failed after it had succeeded back to the wallet or the account that paid it.</summary>
    /// <returns>Whether the account of suspense has money of the wallet now.</returns>
    private async Task<bool> Return(Payment payment, PaymentRefund refund, CancellationToken cancellationToken)
    {
        var isOfWallet = payment.Status == PaymentStatus.Succeeded
            && await records.FindJournal(PaymentIds.DebtOf(refund.Id), cancellationToken) is null;
        if (isOfWallet)
        {
            var returned = await Execute(
                CreditOf(payment, PaymentIds.ReturnOf(refund.Id), payment.WalletId, refund.Money), cancellationToken);
            if (returned.Error is null)
                return false;
        }

        await Must(
            CreditOf(payment, PaymentIds.SuspendedReturnOf(refund.Id), SuspenseOf(refund.Money), refund.Money), cancellationToken);
        return isOfWallet;
    }

    /// <summary>Releases the money of a refund. A hold that was refused or is released already stays as it is.</summary>
    private async Task Fail(Payment payment, Guid refundId, string reason, CancellationToken cancellationToken)
    {
        await Execute(
            new Release(PaymentIds.HoldOf(refundId), Expired: false) { Id = PaymentIds.ReleaseOf(refundId) }, cancellationToken);
        await Change(payment, changed => changed.FailRefund(refundId, reason, isSuspended: false, clock.GetUtcNow()), cancellationToken);
    }

    private TimeSpan? PauseAfter(Payment payment)
    {
        var now = clock.GetUtcNow();
        var pending = payment.Refunds.Where(refund => refund.Status == RefundStatus.Pending).ToArray();
        var since = payment.Status == PaymentStatus.Pending ? payment.CreatedAt
            : pending.Length > 0 ? pending.Max(refund => refund.CreatedAt)
            : payment is { IsReceived: true, Fee: null } && now - payment.EndedAt < FeeSearch ? payment.EndedAt
            : null;
        if (since is not { } begun)
            return null;
        var pause = (now - begun) / 4;
        return pause < FirstPause ? FirstPause : pause > LongestPause ? LongestPause : pause;
    }

    private Reservation HoldOf(Payment payment, Guid refundId, Money amount) => new(
        payment.WalletId,
        SystemAccounts.IdOf(ClearingOf(payment), amount.Currency),
        amount,
        clock.GetUtcNow() + HoldLifetime,
        $"Refund of payment {payment.Id}")
    {
        Id = PaymentIds.HoldOf(refundId),
    };

    private async Task Must(Instruction instruction, CancellationToken cancellationToken)
    {
        if ((await Execute(instruction, cancellationToken)).Error is { } refusal)
            throw new InvalidOperationException($"The ledger refused {instruction.Id}: {refusal.Code}.");
    }

    // Without a key of a user: the ledger knows a repetition by its id.
    private Task<InstructionResult> Execute(Instruction instruction, CancellationToken cancellationToken) =>
        ledger.Execute(instruction with { IsOfPayment = true, TraceParent = Activity.Current?.Id }, cancellationToken);

    private async Task<Payment> Read(Guid paymentId, CancellationToken cancellationToken) =>
        await db.Set<Payment>().AsNoTracking().FindWithRefunds(paymentId, cancellationToken)
            ?? throw new InvalidOperationException($"There is no payment {paymentId}.");

    private async Task Change(Payment payment, Action<Payment> change, CancellationToken cancellationToken)
    {
        var changed = await transaction.Run<Result<Unit>>(
            async token =>
            {
                change((await work.Lock(payment.Id, token))!);
                return Unit.Value;
            },
            cancellationToken);
        if (changed.Error is { } conflict)
            throw new InvalidOperationException($"Payment {payment.Id} can't be changed: {conflict.Code}.");
    }

    private IPaymentProvider ProviderOf(Payment payment) => providers.Find(payment.Provider)
        ?? throw new DependencyUnavailableException($"{payment.Provider}, which is not configured any more,");

    private static Movement CreditOf(Payment payment, Guid id, Guid to, Money amount) =>
        PaymentMovement.Credit(id, ClearingOf(payment), to, amount, TextOf(payment));

    private static Movement RefundOf(Payment payment, Guid id, Guid from, Money amount) =>
        PaymentMovement.Refund(id, ClearingOf(payment), from, amount, TextOf(payment));

    private static AccountKind ClearingOf(Payment payment) =>
        payment.Provider == PaymentProvider.Stripe ? AccountKind.StripeClearing : AccountKind.YookassaClearing;

    private static Guid SuspenseOf(Money amount) => SystemAccounts.IdOf(AccountKind.Suspense, amount.Currency);

    private static string TextOf(Payment payment) => $"Payment {payment.Id}";
}
