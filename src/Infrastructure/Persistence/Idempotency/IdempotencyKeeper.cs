using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Portico.Infrastructure.Persistence.Idempotency;

/// <summary>Removes the answers to idempotency keys, those of the ledger too, that were kept for long enough.</summary>
internal sealed partial class IdempotencyKeeper(NpgsqlDataSource database, IdempotencySettings settings, TimeProvider clock, ILogger<IdempotencyKeeper> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>Removes all that are due and gives their number.</summary>
    public async Task<long> Purge(CancellationToken cancellationToken)
    {
        object[] before = [clock.GetUtcNow() - settings.Retention];
        return await BoundedPurge.RunAsync(database.CreateCommand, "kept_answers", "created_at < $1", "created_at", before, cancellationToken)
            + await BoundedPurge.RunAsync(database.CreateCommand, "ledger.idempotency", "recorded_at < $1", "recorded_at", before, cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await TryPurge(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task TryPurge(CancellationToken cancellationToken)
    {
        try
        {
            if (await Purge(cancellationToken) is > 0 and var removed)
                LogPurged(removed);
        }
        catch (Exception failure) when (DatabaseOutage.Is(failure))
        {
            LogAway(failure.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Removed {Removed} answers to idempotency keys that were kept for long enough")]
    private partial void LogPurged(long removed);

    [LoggerMessage(2, LogLevel.Warning, "Old answers to idempotency keys could not be removed now: {Failure}")]
    private partial void LogAway(string failure);
}
