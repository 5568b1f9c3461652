using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Portico.Application.Common;
using Portico.Application.Orders;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Orders;

/// <summary>Ends the sagas that a crash or an outage left: undoes orders that were being placed, completes cancellations.</summary>
/// <remarks>
/// A saga is taken when its lease has ended, so replicas share the work. Every five seconds an idle process asks when the next lease ends.
/// A saga that can't be ended now is tried again after a pause that grows to half a second, in rounds that are a second apart: an order is
/// ended soon after the service that it needs is back.
/// </remarks>
internal sealed partial class OrderRecovery(
    OrderSagaStore sagas, OrderSteps steps, OrderSagaSignal signal, IMeterFactory meters, TimeProvider clock,
    ILogger<OrderRecovery> logger)
    : PeriodicService(PollInterval, clock, logger, signal)
{
    private const int BatchSize = 100;
    private const int AtOnce = 8;

    // Only for sagas of another process that has crashed since the last round: the end of any other lease is known.
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);
    private static readonly Backoff Pauses = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(500));

    // A call that hangs because its service has just started again must not delay the next attempt for long.
    private static readonly TimeSpan LongestAttempt = TimeSpan.FromSeconds(2);

    private readonly Counter<long> _ended = meters.Create("Portico.Orders").CreateCounter<long>(
        "portico.orders.recovered", "{order}", "Orders that were undone or cancelled after their request had failed");

    private readonly Counter<long> _failed = meters.Create("Portico.Orders").CreateCounter<long>(
        "portico.orders.recovery.failures", "{attempt}", "Attempts to end such an order that failed and are repeated");

    protected override async Task Do(long round, CancellationToken cancellationToken)
    {
        // Unless the round succeeds: soon after PostgreSQL is back.
        WakeAfter(ShortestPause);
        var due = await sagas.UntilNextDue(cancellationToken);
        if (due <= TimeSpan.Zero)
        {
            IReadOnlyList<OrderSaga> taken;
            do
            {
                taken = await sagas.Take(BatchSize, cancellationToken);
                await Parallel.ForEachAsync(
                    taken,
                    new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
                    async (saga, token) => await TryEnd(saga, token));
            }
            while (taken.Count == BatchSize);
            due = await sagas.UntilNextDue(cancellationToken);
        }

        if (due is null || due > ShortestPause)
            WakeAfter(due < PollInterval ? due.Value : Timeout.InfiniteTimeSpan);
    }

    private async Task TryEnd(OrderSaga saga, CancellationToken cancellationToken)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        time.CancelAfter(sagas.Timeout < LongestAttempt ? sagas.Timeout : LongestAttempt);
        try
        {
            if (!await sagas.End(saga, await Run(saga, time.Token), key: null, answer: null, time.Token))
                return;
            _ended.Add(1);
            LogEnded(saga.OrderId, saga.Kind);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            _failed.Add(1);
            if (failure is DependencyUnavailableException or OperationCanceledException || DatabaseOutage.Is(failure))
                LogWaits(saga.OrderId, saga.Attempts, failure.Message);
            else
                LogFailed(saga.OrderId, failure);
            await sagas.Pause(saga, Pauses.After(saga.Attempts), cancellationToken);
        }
    }

    private async Task<OrderEvent?> Run(OrderSaga saga, CancellationToken cancellationToken)
    {
        if (saga.Kind == OrderSagaKind.Place)
        {
            await steps.Undo(saga, cancellationToken);
            return null;
        }

        // Refused: nothing was changed, and the order stays as it is.
        var cancelled = await steps.Cancel(saga, cancellationToken);
        return cancelled.Error is null && cancelled.Value.IsReturned ? OrderEvent.OfCancelled(cancelled.Value.Order) : null;
    }

    [LoggerMessage(1, LogLevel.Information, "Order {OrderId} was ended after its request had failed: {Kind}")]
    private partial void LogEnded(Guid orderId, OrderSagaKind kind);

    [LoggerMessage(2, LogLevel.Warning, "Order {OrderId} can't be ended now, attempt {Attempts}: {Failure}")]
    private partial void LogWaits(Guid orderId, int attempts, string failure);

    [LoggerMessage(3, LogLevel.Error, "Order {OrderId} could not be ended and will be tried again")]
    private partial void LogFailed(Guid orderId, Exception failure);
}
