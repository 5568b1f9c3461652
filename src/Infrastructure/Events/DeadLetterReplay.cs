using Microsoft.Extensions.Logging;
using Portico.Infrastructure.Hosting;

namespace Portico.Infrastructure.Events;

/// <summary>Lets the handlers of dead letters try again when somebody asked for it, and counts the dead letters.</summary>
/// <remarks>Processes share the work: a dead letter is locked while its handler tries.</remarks>
internal sealed partial class DeadLetterReplay(
    DeadLetters deadLetters,
    IEnumerable<EventSubscription> subscriptions,
    EventReceiver receiver,
    EventSettings settings,
    EventMetrics metrics,
    TimeProvider clock,
    ILogger<DeadLetterReplay> logger)
    : PeriodicService(TimeSpan.FromSeconds(5), clock, logger)
{
    /// <summary>Replays the requested dead letters, if this process handles events, and returns their number.</summary>
    public async Task<int> Replay(CancellationToken cancellationToken)
    {
        var replayed = 0;
        while (settings.Consume && await deadLetters.Replay(Handle, cancellationToken))
            replayed++;
        return replayed;
    }

    protected override async Task Do(long round, CancellationToken cancellationToken)
    {
        var (dead, asked) = await deadLetters.Count(cancellationToken);
        if (asked > 0 && await Replay(cancellationToken) is > 0 and var replayed)
        {
            LogReplayed(replayed);
            (dead, _) = await deadLetters.Count(cancellationToken);
        }

        metrics.Dead(dead);
    }

    private async Task Handle(DeadLetter dead, CancellationToken cancellationToken)
    {
        var subscription = subscriptions.SingleOrDefault(subscription => subscription.Name == dead.Handler)
            ?? throw new InvalidOperationException($"The handler {dead.Handler} does not exist any more.");
        await receiver.Receive(subscription, dead.Envelope, cancellationToken);
    }

    [LoggerMessage(1, LogLevel.Information, "Replayed {Replayed} dead letters")]
    private partial void LogReplayed(int replayed);
}
