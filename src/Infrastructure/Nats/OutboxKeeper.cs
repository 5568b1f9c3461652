using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Portico.Infrastructure.Persistence;
using Portico.Infrastructure.Persistence.Outbox;

namespace Portico.Infrastructure.Nats;

/// <summary>Measures what waits in the outbox, and removes what was published long enough ago.</summary>
internal sealed partial class OutboxKeeper(
    NpgsqlDataSource database, OutboxSettings settings, OutboxMetrics metrics, TimeProvider clock, ILogger<OutboxKeeper> logger) : BackgroundService
{
    private const int MeasuredPerPurge = 120;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>Removes all that are due and gives their number.</summary>
    public Task<long> Purge(CancellationToken cancellationToken)
    {
        var before = EventIds.FirstOf(clock.GetUtcNow() - settings.Retention);
        // Ids grow with the time, so that their index leads to the oldest; what still waits stays, whatever its age.
        return BoundedPurge.RunAsync(
            database.CreateCommand, "outbox", "id < $1 AND NOT EXISTS (SELECT FROM outbox_waiting w WHERE w.id = purged.id)", "id", [before], cancellationToken);
    }

    public async Task Measure(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT count(*), (SELECT o.occurred_at FROM outbox_waiting w JOIN outbox o USING (id) ORDER BY w.id LIMIT 1) FROM outbox_waiting");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var oldest = reader.IsDBNull(1) ? TimeSpan.Zero : clock.GetUtcNow() - reader.GetFieldValue<DateTimeOffset>(1);
        metrics.Waiting(reader.GetInt64(0), oldest);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            for (var measured = 1; await timer.WaitForNextTickAsync(stoppingToken); measured++)
                await TryKeep(measured % MeasuredPerPurge == 0, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task TryKeep(bool purge, CancellationToken cancellationToken)
    {
        try
        {
            await Measure(cancellationToken);
            if (purge && await Purge(cancellationToken) is > 0 and var removed)
                LogPurged(removed);
        }
        catch (Exception failure) when (DatabaseOutage.Is(failure))
        {
            LogAway(failure.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Removed {Removed} events that were published long enough ago")]
    private partial void LogPurged(long removed);

    [LoggerMessage(2, LogLevel.Debug, "The outbox can't be measured now: {Failure}")]
    private partial void LogAway(string failure);
}
