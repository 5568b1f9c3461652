using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Portico.Infrastructure.Persistence;
using Portico.Infrastructure.Persistence.Inbox;
using Portico.Nats;
using Portico.Nats.JetStream;

namespace Portico.Infrastructure.Nats;

/// <summary>Pulls events from the durable consumers of all handlers, and answers each when its effect is committed.</summary>
/// <remarks>
/// A failure is tried again with growing pauses; after <see cref="EventSubscription.MaxTries"/> tries, or at once when the event makes
/// no sense, it is laid aside in <c>dead_events</c> and then terminated. While PostgreSQL is away events are held, since that is no
/// failure of theirs. At shutdown nothing more is pulled, what has begun is ended and answered, and what waits goes back to the stream.
/// </remarks>
internal sealed partial class EventConsumers(
    INatsJSContext jetStream, IEnumerable<EventSubscription> subscriptions, EventReceiver receiver, DeadEvents deadEvents, EventSettings settings,
    EventMetrics metrics, TimeProvider clock, ILogger<EventConsumers> logger)
    : BackgroundService
{
    private const int Parallelism = 4;

    private static readonly NatsJSConsumeOpts Pull = new() { MaxMsgs = Parallelism, Expires = TimeSpan.FromSeconds(30) };
    private static readonly TimeSpan OutagePause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MissingPause = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(subscriptions.Select(subscription => Consume(subscription, stoppingToken)));

    private async Task Consume(EventSubscription subscription, CancellationToken stoppingToken)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = stoppingToken };
        var away = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var consumer = await jetStream.GetConsumerAsync(EventStream.Name(settings), subscription.Name, stoppingToken);
                if (away)
                    LogBack(subscription.Name);
                away = false;
                await Parallel.ForEachAsync(
                    consumer.ConsumeAsync<ReadOnlyMemory<byte>>(Pull, stoppingToken),
                    options,
                    async (message, _) => await Handle(subscription, message, stoppingToken));
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // NATS is away, or the Migrator has not declared the consumer yet: both pass.
                if (!away)
                    LogAway(subscription.Name, failure.Message);
                away = true;
                await Task.Delay(MissingPause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task Handle(EventSubscription subscription, NatsJSMsg<ReadOnlyMemory<byte>> message, CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                try
                {
                    await HandleOnce(subscription, message);
                    return;
                }
                catch (Exception outage) when (DatabaseOutage.Is(outage))
                {
                    if (stoppingToken.IsCancellationRequested)
                    {
                        await message.NakAsync(cancellationToken: CancellationToken.None);
                        return;
                    }

                    // Held, since another delivery would count as another try.
                    await message.AckProgressAsync(cancellationToken: CancellationToken.None);
                    await Task.Delay(OutagePause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }
        catch (Exception failure)
        {
            // Without an answer it comes again, and the inbox knows what was done.
            LogNotAnswered(subscription.Name, failure);
        }
    }

    /// <exception cref="Exception">PostgreSQL or NATS is away; whatever else goes wrong is answered.</exception>
    private async Task HandleOnce(EventSubscription subscription, NatsJSMsg<ReadOnlyMemory<byte>> message)
    {
        var tries = (int)(message.Metadata?.NumDelivered ?? 1);
        if (tries > subscription.MaxTries)
        {
            await LayAside(subscription, message, $"{tries - 1} deliveries were never answered.");
            return;
        }

        try
        {
            using var deadline = new CancellationTokenSource(EventSubscription.HandlerDeadline, clock);
            var isNews = await receiver.Receive(subscription, message.Data, deadline.Token);
            metrics.Count(subscription.Name, isNews ? "handled" : "known");
        }
        catch (InvalidDataException poison)
        {
            await LayAside(subscription, message, poison.Message);
            return;
        }
        catch (Exception failure) when (!DatabaseOutage.Is(failure))
        {
            if (tries == subscription.MaxTries)
            {
                await LayAside(subscription, message, failure.Message);
                return;
            }

            LogFailed(subscription.Name, tries, failure);
            metrics.Count(subscription.Name, "failed");
            await message.NakAsync(delay: subscription.Pauses[tries - 1], cancellationToken: CancellationToken.None);
            return;
        }

        await message.AckAsync(cancellationToken: CancellationToken.None);
    }

    /// <summary>First the row, then the answer: a crash in between lays the same event aside once more, which changes nothing.</summary>
    private async Task LayAside(EventSubscription subscription, NatsJSMsg<ReadOnlyMemory<byte>> message, string reason)
    {
        await deadEvents.Add(subscription.Name, message.Data, reason, CancellationToken.None);
        await message.AckTerminateAsync(cancellationToken: CancellationToken.None);
        LogDead(subscription.Name, reason);
        metrics.Count(subscription.Name, "dead");
    }

    [LoggerMessage(1, LogLevel.Warning, "{Handler} gets no events now: {Reason}")]
    private partial void LogAway(string handler, string reason);

    [LoggerMessage(2, LogLevel.Information, "{Handler} gets events again")]
    private partial void LogBack(string handler);

    [LoggerMessage(3, LogLevel.Warning, "{Handler} failed in try {Try} and will try again")]
    private partial void LogFailed(string handler, int @try, Exception failure);

    [LoggerMessage(4, LogLevel.Error, "{Handler} could not handle an event; it lies in dead_events: {Reason}")]
    private partial void LogDead(string handler, string reason);

    [LoggerMessage(5, LogLevel.Warning, "{Handler} could not answer for an event; it will come again")]
    private partial void LogNotAnswered(string handler, Exception failure);
}
