using Microsoft.Extensions.Logging;
using Npgsql;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Events;

/// <summary>Replays dead letters on request, and deletes old inbox rows, notifications and dead letters in batches.</summary>
/// <remarks>
/// An inbox row is kept as long as the event can be delivered again: the retention of the outbox plus the maximum age in the stream.
/// Sent notifications are kept for 7 days, dead letters for 90 days.
/// </remarks>
internal sealed partial class InboxCleanup(
    NpgsqlDataSource database,
    DeadLetters deadEvents,
    IEnumerable<EventSubscription> subscriptions,
    EventReceiver receiver,
    EventSettings events,
    OutboxSettings outbox,
    EventMetrics metrics,
    TimeProvider clock,
    ILogger<InboxCleanup> logger)
    : PeriodicService(TimeSpan.FromSeconds(5), clock, logger)
{
    private const int RoundsPerPurge = 120;

    private static readonly TimeSpan SentRetention = TimeSpan.FromDays(7);
    private static readonly TimeSpan DeadRetention = TimeSpan.FromDays(90);

    /// <summary>Deletes all old rows and returns their number.</summary>
    public async Task<long> Purge(CancellationToken cancellationToken) =>
        await Purge("inbox", "handled_at < now() - $1", "handled_at", events.MaxAge + outbox.Retention, cancellationToken)
        + await Purge("messages", "status = 'sent' AND done_at < now() - $1", "done_at", SentRetention, cancellationToken)
        + await Purge("messages", "status = 'dead' AND done_at < now() - $1", "done_at", DeadRetention, cancellationToken)
        + await Purge("dead_events", "died_at < now() - $1", "died_at", DeadRetention, cancellationToken);

    /// <summary>Replays the requested dead letters and returns their number.</summary>
    public async Task<int> Replay(CancellationToken cancellationToken)
    {
        var replayed = 0;
        while (await deadEvents.Replay(Handle, cancellationToken))
            replayed++;
        return replayed;
    }

    protected override async Task Do(long round, CancellationToken cancellationToken)
    {
        if (await Replay(cancellationToken) is > 0 and var replayed)
            LogReplayed(replayed);
        metrics.Dead(await deadEvents.Count(cancellationToken));
        if (round % RoundsPerPurge == 0 && await Purge(cancellationToken) is > 0 and var removed)
            LogPurged(removed);
    }

    private async Task Handle(DeadLetter dead, CancellationToken cancellationToken)
    {
        var subscription = subscriptions.SingleOrDefault(subscription => subscription.Name == dead.Handler)
            ?? throw new InvalidOperationException($"The handler {dead.Handler} does not exist any more.");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(EventSubscription.HandlerDeadline);
        await receiver.Receive(subscription, dead.Envelope, deadline.Token);
    }

    private Task<long> Purge(string table, string due, string order, TimeSpan age, CancellationToken cancellationToken) =>
        BatchedDelete.RunAsync(database.CreateCommand, table, due, order, [age], cancellationToken);

    [LoggerMessage(1, LogLevel.Information, "Replayed {Replayed} dead letters")]
    private partial void LogReplayed(int replayed);

    [LoggerMessage(2, LogLevel.Information, "Deleted {Removed} old rows of the inbox, the notifications and the dead letters")]
    private partial void LogPurged(long removed);
}
