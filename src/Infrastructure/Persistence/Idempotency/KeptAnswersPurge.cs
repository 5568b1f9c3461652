using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Portico.Infrastructure.Persistence.Idempotency;

/// <summary>Removes answers that were kept for long enough, a bounded number at a time.</summary>
internal sealed partial class KeptAnswersPurge(NpgsqlDataSource database, IdempotencySettings settings, TimeProvider clock, ILogger<KeptAnswersPurge> logger)
    : BackgroundService
{
    private const int BatchSize = 1_000;
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    private static readonly string[] Statements =
    [
        """
        DELETE FROM kept_answers WHERE (owner_id, key) IN (
            SELECT owner_id, key FROM kept_answers WHERE created_at < $1 ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)
        """,
        // Rows never move, and lie in the order of their time: the oldest are found in the first pages.
        "DELETE FROM ledger.idempotency WHERE ctid = ANY (ARRAY(SELECT ctid FROM ledger.idempotency WHERE recorded_at < $1 LIMIT $2))",
    ];

    /// <summary>Removes all that are due, those of the ledger too, and gives their number. Replicas may do it at once.</summary>
    public async Task<long> Purge(CancellationToken cancellationToken)
    {
        long removed = 0;
        foreach (var statement in Statements)
            removed += await Purge(statement, cancellationToken);
        return removed;
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

    private async Task<long> Purge(string statement, CancellationToken cancellationToken)
    {
        for (long removed = 0; ;)
        {
            await using var command = database.CreateCommand(statement);
            command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = clock.GetUtcNow() - settings.Retention });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = BatchSize });
            var batch = await command.ExecuteNonQueryAsync(cancellationToken);
            removed += batch;
            if (batch < BatchSize)
                return removed;
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
