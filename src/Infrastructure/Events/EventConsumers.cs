using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NATS.Client.JetStream;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Events;

/// <summary>Pulls events from the durable consumers of all handlers, and acknowledges each when its effect is committed.</summary>
/// <remarks>
/// A failed event is tried again with increasing pauses. After <see cref="EventSubscription.MaxTries"/> tries, or at once when the event
/// is invalid, it is written to <c>dead_events</c> and then terminated. During an outage of PostgreSQL events are kept without counting a
/// try. At shutdown no more events are pulled, running handlers finish and acknowledge, and waiting events go back to the stream.
/// </remarks>
internal sealed partial class EventConsumers(
    INatsJSContext jetStream,
    IEnumerable<EventSubscription> subscriptions,
    EventReceiver receiver,
    DeadLetters deadEvents,
    EventSettings settings,
    EventMetrics metrics,
    TimeProvider clock,
    ILogger<EventConsumers> logger)
    : BackgroundService
{
    private const int Parallelism = 4;

    private static readonly TimeSpan OutagePause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MissingPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PullExpires = TimeSpan.FromSeconds(30);

    // The client pulls again after a reconnect, and after two missing heartbeats. Each costs an idle process a wake-up.
    private static readonly TimeSpan IdleHeartbeat = TimeSpan.FromSeconds(5);

    // Shorter than the time after which the client would pull more events although no handler is free.
    private static readonly TimeSpan BusyLimit = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => settings.Consume
        ? Task.WhenAll(subscriptions.Select(subscription => Consume(subscription, stoppingToken)))
        : Task.CompletedTask;

    private async Task Consume(EventSubscription subscription, CancellationToken stoppingToken)
    {
        var running = new List<Task>(Parallelism);
        var away = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var consumer = await jetStream.GetConsumerAsync(StreamDefinition.Name(settings), subscription.Name, stoppingToken);
                if (away)
                    LogBack(subscription.Name);
                away = false;
                await Pull(subscription, consumer, running, stoppingToken);
                await OneIsFree(running, Timeout.InfiniteTimeSpan);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception failure)
            {
                // NATS is unavailable, or the Migrator has not declared the consumer yet: both are temporary.
                if (!away)
                    LogAway(subscription.Name, failure.Message);
                away = true;
                await Task.Delay(MissingPause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await Task.WhenAll(running);
    }

    /// <summary>Handles incoming events until the host stops or all handlers are busy for too long.</summary>
    /// <exception cref="Exception">The consumer does not exist any more.</exception>
    private async Task Pull(EventSubscription subscription, INatsJSConsumer consumer, List<Task> running, CancellationToken stoppingToken)
    {
        using var pulling = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var options = new NatsJSConsumeOpts
        {
            // The next event is pulled when a handler is free. An event that waits in memory would be delivered again.
            MaxMsgs = 1,
            Expires = PullExpires,
            IdleHeartbeat = IdleHeartbeat,
            DrainOnCancel = true,
            // A consumer that was lost with the server's store does not answer a pull.
            NotificationHandler = async (notification, cancellationToken) =>
            {
                if (notification is NatsJSTimeoutNotification)
                    await consumer.RefreshAsync(cancellationToken);
            },
        };
        await foreach (var message in consumer.ConsumeAsync<ReadOnlyMemory<byte>>(opts: options, cancellationToken: pulling.Token))
        {
            running.Add(Handle(subscription, message, stoppingToken));
            if (!await OneIsFree(running, BusyLimit))
                await pulling.CancelAsync();
        }
    }

    private static async Task<bool> OneIsFree(List<Task> running, TimeSpan atMost)
    {
        running.RemoveAll(task => task.IsCompleted);
        if (running.Count < Parallelism)
            return true;
        Task next = Task.WhenAny(running);
        await next.WaitAsync(atMost).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return running.RemoveAll(task => task.IsCompleted) > 0;
    }

    private async Task Handle(EventSubscription subscription, INatsJSMsg<ReadOnlyMemory<byte>> message, CancellationToken stoppingToken)
    {
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                try
                {
                    await HandleOnce(subscription, message);
                    return;
                }
                catch (Exception outage) when (DatabaseOutage.Is(outage))
                {
                    // Kept in progress, because another delivery would count as another try.
                    await message.AckProgressAsync(cancellationToken: CancellationToken.None);
                    await Task.Delay(OutagePause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }

            await message.NakAsync(cancellationToken: CancellationToken.None);
        }
        catch (Exception failure)
        {
            // Without an acknowledgement the event is delivered again, and the inbox prevents a second effect.
            LogNotAnswered(subscription.Name, failure);
        }
    }

    /// <exception cref="Exception">PostgreSQL or NATS is unavailable; every other failure is handled here.</exception>
    private async Task HandleOnce(EventSubscription subscription, INatsJSMsg<ReadOnlyMemory<byte>> message)
    {
        var tries = (int)(message.Metadata?.NumDelivered ?? 1);
        if (tries > subscription.MaxTries)
        {
            await MoveToDeadLetters(subscription, message, $"{tries - 1} deliveries were never acknowledged.");
            return;
        }

        try
        {
            var isNews = await receiver.Receive(subscription, message.Data, CancellationToken.None);
            metrics.Count(subscription.Name, isNews ? "handled" : "known");
        }
        catch (InvalidDataException poison)
        {
            await MoveToDeadLetters(subscription, message, poison.Message);
            return;
        }
        catch (Exception failure) when (!DatabaseOutage.Is(failure))
        {
            if (tries == subscription.MaxTries)
            {
                await MoveToDeadLetters(subscription, message, failure.Message);
                return;
            }

            LogFailed(subscription.Name, tries, failure);
            metrics.Count(subscription.Name, "failed");
            await message.NakAsync(new AckOpts { NakDelay = subscription.Pauses[tries - 1] }, CancellationToken.None);
            return;
        }

        await message.AckAsync(cancellationToken: CancellationToken.None);
    }

    /// <summary>Writes the row, then terminates: after a crash in between the same row is written again, which changes nothing.</summary>
    private async Task MoveToDeadLetters(EventSubscription subscription, INatsJSMsg<ReadOnlyMemory<byte>> message, string reason)
    {
        await deadEvents.Add(subscription.Name, message.Data, reason, CancellationToken.None);
        // Without a reason, because nats-server 2.9 ignores a termination with a reason.
        await message.AckTerminateAsync(cancellationToken: CancellationToken.None);
        LogDead(subscription.Name, reason);
        metrics.Count(subscription.Name, "dead");
    }

    [LoggerMessage(1, LogLevel.Warning, "{Handler} receives no events: {Reason}")]
    private partial void LogAway(string handler, string reason);

    [LoggerMessage(2, LogLevel.Information, "{Handler} receives events again")]
    private partial void LogBack(string handler);

    [LoggerMessage(3, LogLevel.Warning, "{Handler} failed in try {Try} and will try again")]
    private partial void LogFailed(string handler, int @try, Exception failure);

    [LoggerMessage(4, LogLevel.Error, "{Handler} could not handle an event; it is now a dead letter in dead_events: {Reason}")]
    private partial void LogDead(string handler, string reason);

    [LoggerMessage(5, LogLevel.Warning, "{Handler} could not acknowledge an event; it will be delivered again")]
    private partial void LogNotAnswered(string handler, Exception failure);
}
