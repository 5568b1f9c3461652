using Portico.Infrastructure.Postgres;

namespace Portico.Orders.Ordering;

/// <summary>Finds the changes that other processes made to the orders of watched users.</summary>
/// <remarks>One query a second for all open streams of this process, and none without a stream.</remarks>
internal sealed partial class OrderChangePoller(
    OrderSignal signal, OrderRows rows, TimeProvider clock, ILogger<OrderChangePoller> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        Dictionary<Guid, long> before = [];
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                before = await LookAsync(before, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }
    }

    private async Task<Dictionary<Guid, long>> LookAsync(Dictionary<Guid, long> before, CancellationToken cancellationToken)
    {
        if (signal.Owners is not { Length: > 0 } owners)
            return [];
        try
        {
            var now = await rows.LastChangesAsync(owners, cancellationToken);
            foreach (var (owner, change) in now)
            {
                if (before.GetValueOrDefault(owner) != change)
                    signal.Changed(owner);
            }

            return now;
        }
        catch (Exception failure) when (DatabaseOutage.Is(failure))
        {
            LogAway(failure.Message);
            return before;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            // The next round tries again: a failure that leaves this class would stop the whole service.
            LogFailed(failure);
            return before;
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "Changes of other processes can't be read now: {Failure}")]
    private partial void LogAway(string failure);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "Changes of other processes could not be read and will be tried again")]
    private partial void LogFailed(Exception failure);
}
