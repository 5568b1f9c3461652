using Microsoft.Extensions.Logging;
using Npgsql;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Events;

/// <summary>Deletes old inbox rows, notifications and dead letters in batches.</summary>
/// <remarks>
/// An inbox row is kept as long as the event can be delivered again: the retention of the outbox plus the maximum age in the stream, and
/// while its handler has dead letters, which an operator may replay.
/// Sent notifications are kept for 7 days, dead letters for 90 days.
/// </remarks>
internal sealed partial class InboxCleanup(
    NpgsqlDataSource database, EventSettings events, OutboxSettings outbox, TimeProvider clock, ILogger<InboxCleanup> logger)
    : PeriodicService(TimeSpan.FromMinutes(10), clock, logger)
{
    private static readonly TimeSpan SentRetention = TimeSpan.FromDays(7);
    private static readonly TimeSpan DeadRetention = TimeSpan.FromDays(90);

    private const string Undeliverable =
        "handled_at < now() - $1 AND NOT EXISTS (SELECT FROM dead_events dead WHERE dead.handler = purged.handler)";

    /// <summary>Deletes all old rows and returns their number.</summary>
    public async Task<long> Purge(CancellationToken cancellationToken) =>
        await Purge("inbox", Undeliverable, "handled_at", events.MaxAge + outbox.Retention, cancellationToken)
        + await Purge("messages", "status = 'sent' AND done_at < now() - $1", "done_at", SentRetention, cancellationToken)
        + await Purge("messages", "status = 'dead' AND done_at < now() - $1", "done_at", DeadRetention, cancellationToken)
        + await Purge("dead_events", "died_at < now() - $1", "died_at", DeadRetention, cancellationToken);

    protected override async Task Do(long round, CancellationToken cancellationToken)
    {
        if (await Purge(cancellationToken) is > 0 and var removed)
            LogPurged(removed);
    }

    private Task<long> Purge(string table, string due, string order, TimeSpan age, CancellationToken cancellationToken) =>
        BatchedDelete.RunAsync(database.CreateCommand, table, due, order, [age], cancellationToken);

    [LoggerMessage(1, LogLevel.Information, "Deleted {Removed} old rows of the inbox, the notifications and the dead letters")]
    private partial void LogPurged(long removed);
}
