using Microsoft.Extensions.Logging;
using Npgsql;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Events;

/// <summary>Handles dead events again that somebody asked for, and removes rows that nobody needs any more, in small batches.</summary>
/// <remarks>
/// An event is known for as long as it can come again: while the outbox could republish it and the stream keep it after that.
/// Sent messages are kept for 7 days; dead letters for 90, whether somebody looked at them or not.
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

    /// <summary>Removes all that are due and gives their number.</summary>
    public async Task<long> Purge(CancellationToken cancellationToken) =>
        await Purge("inbox", "handled_at < now() - $1", "handled_at", events.MaxAge + outbox.Retention, cancellationToken)
        + await Purge("messages", "status = 'sent' AND done_at < now() - $1", "done_at", SentRetention, cancellationToken)
        + await Purge("messages", "status = 'dead' AND done_at < now() - $1", "done_at", DeadRetention, cancellationToken)
        + await Purge("dead_events", "died_at < now() - $1", "died_at", DeadRetention, cancellationToken);

    /// <summary>Handles what was asked for again, and gives its number.</summary>
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
            ?? throw new InvalidOperationException($"There is no handler {dead.Handler} any more.");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(EventSubscription.HandlerDeadline);
        await receiver.Receive(subscription, dead.Envelope, deadline.Token);
    }

    private Task<long> Purge(string table, string due, string order, TimeSpan age, CancellationToken cancellationToken) =>
        BatchedDelete.RunAsync(database.CreateCommand, table, due, order, [age], cancellationToken);

    [LoggerMessage(1, LogLevel.Information, "Handled {Replayed} dead events again")]
    private partial void LogReplayed(int replayed);

    [LoggerMessage(2, LogLevel.Information, "Removed {Removed} rows of the inbox and of messages")]
    private partial void LogPurged(long removed);
}
