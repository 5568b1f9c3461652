using Microsoft.Extensions.Logging;
using Npgsql;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Idempotency;

/// <summary>Deletes the stored answers of idempotency keys, also those of the ledger, after the retention time.</summary>
internal sealed partial class IdempotencyCleanup(
    NpgsqlDataSource database, IdempotencySettings settings, TimeProvider clock, ILogger<IdempotencyCleanup> logger)
    : PeriodicService(TimeSpan.FromHours(1), clock, logger)
{
    /// <summary>Deletes all old answers and returns their number.</summary>
    public async Task<long> Purge(CancellationToken cancellationToken)
    {
        object[] before = [Clock.GetUtcNow() - settings.Retention];
        // The ledger's keys first: a key whose answer is gone must be free in both tables.
        return await BatchedDelete.RunAsync(
            database.CreateCommand, "ledger.idempotency", "recorded_at < $1", "recorded_at", before, cancellationToken)
            + await BatchedDelete.RunAsync(
                database.CreateCommand, "idempotency_answers", "created_at < $1", "created_at", before, cancellationToken);
    }

    protected override async Task Do(long round, CancellationToken cancellationToken)
    {
        if (await Purge(cancellationToken) is > 0 and var removed)
            LogPurged(removed);
    }

    [LoggerMessage(1, LogLevel.Information, "Deleted {Removed} stored answers of idempotency keys after the retention time")]
    private partial void LogPurged(long removed);
}
