using Microsoft.Extensions.Logging;
using Npgsql;
using Portico.Domain.Common;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Events;

/// <summary>Measures the waiting events of the outbox, and deletes published events after the retention time.</summary>
internal sealed partial class OutboxCleanup(
    NpgsqlDataSource database, OutboxSettings settings, OutboxMetrics metrics, TimeProvider clock, ILogger<OutboxCleanup> logger)
    : PeriodicService(TimeSpan.FromSeconds(5), clock, logger)
{
    private const int RoundsPerPurge = 120;

    /// <summary>Deletes all old published events and returns their number.</summary>
    public Task<long> Purge(CancellationToken cancellationToken)
    {
        var before = Ids.FirstOf((Clock.GetUtcNow() - settings.Retention).ToUnixTimeMilliseconds());
        // Ids increase with time, so the index on them finds the oldest events. Events that still wait are kept at any age.
        var due = $"id < $1 AND {OutboxRows.DoesNotWait("purged")}";
        return BatchedDelete.RunAsync(database.CreateCommand, "outbox", due, "id", [before], cancellationToken);
    }

    public async Task Measure(CancellationToken cancellationToken)
    {
        // The LIMITs force one lookup by key. After many deletes the planner expects many waiting rows, and would read the whole outbox.
        var (waiting, oldest) = await database.CreateCommand(
            """
            SELECT (SELECT count(*) FROM outbox_waiting) + (SELECT coalesce(sum(size), 0) FROM outbox_groups), (
                SELECT min(o.occurred_at)
                FROM (
                    (SELECT id FROM outbox_waiting ORDER BY id LIMIT 1) UNION ALL (SELECT id FROM outbox_groups ORDER BY id LIMIT 1)
                ) oldest
                CROSS JOIN LATERAL (SELECT occurred_at FROM outbox WHERE id = oldest.id LIMIT 1) o)
            """).ReadFirst(row => (row.GetInt64(0), row.ValueOrNull<DateTimeOffset>(1)), cancellationToken);
        metrics.Waiting(waiting, oldest is { } since ? Clock.GetUtcNow() - since : TimeSpan.Zero);
    }

    protected override async Task Do(long round, CancellationToken cancellationToken)
    {
        await Measure(cancellationToken);
        if (round % RoundsPerPurge == 0 && await Purge(cancellationToken) is > 0 and var removed)
            LogPurged(removed);
    }

    [LoggerMessage(1, LogLevel.Information, "Deleted {Removed} published events after the retention time")]
    private partial void LogPurged(long removed);
}
