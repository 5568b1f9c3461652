using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace Portico.Client;

/// <summary>Handles the events of one type. A scope is made for each event.</summary>
public interface IEventHandler<TData>
{
    /// <summary>Handles an event, in 15 seconds.</summary>
    /// <remarks>The same event can come again: store its id in the transaction of the change, and skip an id that is stored.</remarks>
    /// <exception cref="InvalidDataException">Another try can't succeed. After any other exception there are more tries.</exception>
    Task HandleAsync(EventEnvelope<TData> received, CancellationToken cancellationToken);

    /// <summary>Stores a dead letter: an event that could not be handled. When this has succeeded, it does not come again.</summary>
    /// <param name="envelope">The event as it was received.</param>
    /// <param name="reason">Why the last try failed.</param>
    Task StoreDeadLetterAsync(ReadOnlyMemory<byte> envelope, string reason);
}

/// <summary>Adds handlers of events.</summary>
public static class PorticoEvents
{
    /// <summary>Handles events with a durable consumer, which is declared at the start.</summary>
    /// <remarks>The host must have registered an <see cref="INatsConnection"/>.</remarks>
    /// <param name="services">The services of the host.</param>
    /// <param name="type">The name of the event, such as <c>users.registered.v1</c>.</param>
    /// <param name="consumer">The name of the consumer. Processes with the same name share the events.</param>
    /// <param name="stream">The name of the stream: <c>Events:Prefix</c> of Portico.</param>
    public static IServiceCollection AddPorticoEvents<THandler, TData>(
        this IServiceCollection services, string type, string consumer, string stream = "portico")
        where THandler : class, IEventHandler<TData>
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(type);
        ArgumentException.ThrowIfNullOrWhiteSpace(consumer);
        ArgumentException.ThrowIfNullOrWhiteSpace(stream);
        services.AddScoped<THandler>();
        return services.AddSingleton<IHostedService>(provider =>
            ActivatorUtilities.CreateInstance<EventConsumer<THandler, TData>>(provider, new Subscription(stream, type, consumer)));
    }
}

internal sealed record Subscription(string Stream, string Type, string Consumer);

/// <summary>Handles one event after the other, and acknowledges each when its handler has succeeded.</summary>
internal sealed partial class EventConsumer<THandler, TData>(
    INatsConnection nats, Subscription subscription, IServiceScopeFactory scopes, ILogger<THandler> logger)
    : BackgroundService
    where THandler : class, IEventHandler<TData>
{
    private static readonly ActivitySource Activities = new("Portico.Client");
    private static readonly TimeSpan HandlerDeadline = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan[] Pauses =
        [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30)];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var jetStream = new NatsJSContext(nats);
        var subject = $"{subscription.Stream}.{subscription.Type}";
        var config = new ConsumerConfig(subscription.Consumer) { FilterSubject = subject, AckWait = 4 * HandlerDeadline };
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                // Declared again after each pull that brought nothing, because the server may have lost it.
                var consumer = await jetStream.CreateOrUpdateConsumerAsync(subscription.Stream, config, stoppingToken);
                while (await consumer.NextAsync<ReadOnlyMemory<byte>>(cancellationToken: stoppingToken) is { } message)
                    await Handle(message);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                LogAway(subscription.Consumer, failure.Message);
                await Task.Delay(Pauses[0], stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task Handle(INatsJSMsg<ReadOnlyMemory<byte>> message)
    {
        await using var scope = scopes.CreateAsyncScope();
        var handler = scope.ServiceProvider.GetRequiredService<THandler>();
        var tries = (int)(message.Metadata?.NumDelivered ?? 1);
        Exception? failure = null;
        try
        {
            // With more deliveries, processes ended before they could acknowledge.
            if (tries > Pauses.Length + 1)
                throw new InvalidDataException($"{tries - 1} deliveries were never acknowledged.");
            var received = EventEnvelope.Read<TData>(message.Data.Span, subscription.Type);
            using var activity = Activities.StartActivity(subscription.Consumer, ActivityKind.Consumer, received.TraceParent);
            using var deadline = new CancellationTokenSource(HandlerDeadline);
            await handler.HandleAsync(received, deadline.Token);
        }
        catch (Exception thrown)
        {
            failure = thrown;
            LogFailed(subscription.Consumer, tries, failure);
        }

        if (failure is null)
            await message.AckAsync();
        else if (failure is not InvalidDataException && tries <= Pauses.Length)
            await message.NakAsync(new AckOpts { NakDelay = Pauses[tries - 1] });
        else
        {
            await handler.StoreDeadLetterAsync(message.Data, failure.Message);
            await message.AckTerminateAsync();
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "{Consumer} receives no events: {Reason}")]
    private partial void LogAway(string consumer, string reason);

    [LoggerMessage(2, LogLevel.Error, "{Consumer} could not handle an event in try {Try}")]
    private partial void LogFailed(string consumer, int @try, Exception failure);
}
