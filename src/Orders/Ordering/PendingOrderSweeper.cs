using Portico.Orders.Domain;

namespace Portico.Orders.Ordering;

/// <summary>Cancels pending orders whose time is over, and forgets old refused ids.</summary>
/// <remarks>Several processes may do it at the same time: each change is made under the lock of the owner.</remarks>
internal sealed partial class PendingOrderSweeper(
    OrderStore store, OrderSettings settings, TimeProvider clock, ILogger<PendingOrderSweeper> logger) : BackgroundService
{
    private const int BatchSize = 100;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(settings.SweepInterval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await TrySweepAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }
    }

    private async Task TrySweepAsync(CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<Guid> expired;
            do
            {
                expired = await store.FindExpiredAsync(BatchSize, cancellationToken);
                foreach (var id in expired)
                {
                    await store.ChangeAsync(
                        id, ownerId: null, (order, now) => order.Expire(now), refuseIfMissing: false, cancellationToken);
                }

                if (expired.Count > 0)
                    LogExpired(expired.Count);
            }
            while (expired.Count == BatchSize);

            await store.ForgetRefusedAsync(BatchSize, cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            // The next round tries again.
            LogFailed(failure);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Cancelled {Count} orders that nobody confirmed in time.")]
    private partial void LogExpired(int count);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "Pending orders can't be cancelled now and will be tried again")]
    private partial void LogFailed(Exception failure);
}
