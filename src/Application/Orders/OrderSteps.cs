using System.Diagnostics;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Ledger;
using Portico.Domain.Orders;

namespace Portico.Application.Orders;

/// <summary>The steps of the sagas of orders. Every step may be repeated, by several processes at the same time too.</summary>
/// <remarks>
/// A step that comes late, from a process that was taken for dead, has no effect: the ledger answers it with the result of its first
/// execution or finds the hold ended, and the orders service refuses the id.
/// </remarks>
public sealed class OrderSteps(ILedger ledger, IOrderProcessing orders)
{
    // Longer than the orders service keeps a pending order, so the money of an order that can still be placed is there.
    private static readonly TimeSpan HoldLifetime = TimeSpan.FromDays(2);

    /// <summary>Holds the money, creates the order, captures the money and confirms the order.</summary>
    /// <returns>The placed order; or why there is none, after everything was undone.</returns>
    /// <exception cref="Common.DependencyUnavailableException">It is unknown how far it came: it must be undone.</exception>
    public async Task<Result<OrderDto>> Place(
        OrderSaga saga, IReadOnlyList<PlaceOrderLine> lines, CancellationToken cancellationToken)
    {
        if ((await ledger.Execute(HoldOf(saga), cancellationToken)).Error is { } unpaid)
            return unpaid;

        var result = await PlaceHeld(saga, lines, cancellationToken);
        if (result.Error is not null)
            await Undo(saga, cancellationToken);
        return result;
    }

    /// <summary>Releases or returns the money of an order, and cancels the order or refuses its id.</summary>
    /// <exception cref="InvalidOperationException">The money can't be returned now.</exception>
    public async Task Undo(OrderSaga saga, CancellationToken cancellationToken)
    {
        // The money first: it is free again also while the orders service is away.
        await UndoMoney(saga, cancellationToken);
        var cancelled = await orders.Cancel(
            saga.OwnerId, saga.OrderId, OrderCancellation.PaymentFailed, refuseId: true, cancellationToken);
        if (cancelled.Error is { } error && error != OrderErrors.NotFound)
            throw new InvalidOperationException($"Order {saga.OrderId} can't be cancelled: {error.Code}.");
    }

    /// <summary>Returns the money of an order and cancels the order.</summary>
    /// <returns>The cancelled order, and whether money was returned for it; an error when nothing was changed.</returns>
    public async Task<Result<(OrderDto Order, bool IsReturned)>> Cancel(OrderSaga saga, CancellationToken cancellationToken)
    {
        var refusal = await Return(saga, cancellationToken);
        if (refusal is not null && refusal != LedgerErrors.TransferNotFound)
            return refusal;

        var cancelled = await orders.Cancel(
            saga.OwnerId, saga.OrderId, OrderCancellation.Requested, refuseId: false, cancellationToken);
        return cancelled.Error is { } error ? error : (cancelled.Value, refusal is null);
    }

    private async Task<Result<OrderDto>> PlaceHeld(
        OrderSaga saga, IReadOnlyList<PlaceOrderLine> lines, CancellationToken cancellationToken)
    {
        var placed = await orders.Place(saga.OwnerId, saga.OrderId, lines, saga.Total!.Value, cancellationToken);
        if (placed.Error is not null)
            return placed;

        var captured = await ledger.Execute(
            Instruct(saga, new Capture(OrderIds.HoldOf(saga.OrderId), Amount: null) { Id = OrderIds.CaptureOf(saga.OrderId) }),
            cancellationToken);
        return captured.Error is null
            ? await orders.Confirm(saga.OwnerId, saga.OrderId, cancellationToken)
            : OrderErrors.Interrupted;
    }

    private async Task UndoMoney(OrderSaga saga, CancellationToken cancellationToken)
    {
        // Holds the money if nobody did: a hold that comes after this is answered from its key, and holds nothing.
        if ((await ledger.Execute(HoldOf(saga), cancellationToken)).Error is not null)
            return;

        var released = await ledger.Execute(
            Instruct(saga, new Release(OrderIds.HoldOf(saga.OrderId), Expired: false) { Id = OrderIds.ReleaseOf(saga.OrderId) }),
            cancellationToken);
        // Captured, or expired.
        if (released.Error is not null && await Return(saga, cancellationToken) is { } refusal && refusal != LedgerErrors.TransferNotFound)
            throw new InvalidOperationException($"The money of order {saga.OrderId} can't be returned: {refusal.Code}.");
    }

    /// <returns>Why nothing was returned; <c>null</c> when the money was returned, now or earlier.</returns>
    private async Task<Error?> Return(OrderSaga saga, CancellationToken cancellationToken)
    {
        var reversal = new Reversal(OrderIds.CaptureOf(saga.OrderId), Amount: null, $"Order {saga.OrderId} was cancelled")
        {
            Id = OrderIds.ReturnOf(saga.OrderId, saga.LeaseId),
        };
        var error = (await ledger.Execute(Instruct(saga, reversal), cancellationToken)).Error;
        return error == LedgerErrors.AlreadyReversed ? null : error;
    }

    private static Instruction HoldOf(OrderSaga saga) => Instruct(saga, new Reservation(
        saga.WalletId!.Value,
        SystemAccounts.IdOf(AccountKind.Sales, saga.Total!.Value.Currency),
        saga.Total.Value,
        saga.StartedAt + HoldLifetime,
        $"Order {saga.OrderId}")
    {
        Id = OrderIds.HoldOf(saga.OrderId),
    });

    // Without a key of a user: the ledger knows a repetition by its id.
    private static Instruction Instruct(OrderSaga saga, Instruction instruction) =>
        instruction with { By = saga.OwnerId, IsOfOrder = true, TraceParent = Activity.Current?.Id ?? saga.TraceParent };
}
