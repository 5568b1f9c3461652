using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using NATS.Client.JetStream.Models;
using Portico.Application;
using Portico.Application.Common.Events;
using Portico.Domain.Common;

namespace Portico.Infrastructure.Events;

/// <summary>An event from the stream, before its data is parsed.</summary>
internal sealed record ReceivedEvent(Guid Id, string Type, DateTimeOffset At, string? TraceParent, JsonElement Data);

/// <summary>A handler and its event; each subscription has one durable consumer.</summary>
internal abstract class EventSubscription
{
    // Four times the deadline of a handler. No back-off list, because nats-server 2.9 adds it to the requested pauses.
    private static readonly TimeSpan AckWait = TimeSpan.FromMinutes(1);

    /// <summary>How long a handler may take for one event.</summary>
    public static readonly TimeSpan HandlerDeadline = TimeSpan.FromSeconds(15);

    private const int MaxDeliver = 40;
    private const int MaxAckPending = 64;

    // The default of the server, set explicitly so that it can be compared.
    private const int MaxWaiting = 512;

    /// <summary>The subscriptions of all handlers in the application.</summary>
    public static IReadOnlyList<EventSubscription> All { get; } = Find();

    /// <summary>The name of the handler, of its consumer and of its rows in the inbox.</summary>
    public required string Name { get; init; }

    /// <summary>The name of the event.</summary>
    public required string EventName { get; init; }

    /// <summary>The pauses between tries; an event becomes a dead letter after the try that follows the last pause.</summary>
    public IReadOnlyList<TimeSpan> Pauses { get; init; } =
        [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30)];

    /// <summary>The maximum number of tries; with more deliveries, processes crashed before they could acknowledge.</summary>
    public int MaxTries => Pauses.Count + 1;

    public ConsumerConfig Consumer(EventSettings settings) => new(Name)
    {
        Description = $"Portico's own: {Name}.",
        FilterSubject = StreamDefinition.Subject(settings, EventName),
        DeliverPolicy = ConsumerConfigDeliverPolicy.All,
        AckPolicy = ConsumerConfigAckPolicy.Explicit,
        AckWait = AckWait,
        MaxDeliver = MaxDeliver,
        MaxAckPending = MaxAckPending,
        MaxWaiting = MaxWaiting,
    };

    /// <summary>Runs the handler for an event.</summary>
    /// <exception cref="InvalidDataException">The data does not fit the event type.</exception>
    public abstract Task Handle(IServiceProvider services, ReceivedEvent received, CancellationToken cancellationToken);

    private static EventSubscription[] Find() =>
    [
        .. from type in typeof(ApplicationRegistration).Assembly.GetTypes()
           where type is { IsAbstract: false }
           from contract in type.GetInterfaces()
           where contract.IsGenericType && contract.GetGenericTypeDefinition() == typeof(IEventHandler<>)
           let subscription = typeof(EventSubscription<,>).MakeGenericType(type, contract.GetGenericArguments()[0])
           select (EventSubscription)Activator.CreateInstance(subscription)!,
    ];
}

internal sealed class EventSubscription<THandler, TEvent> : EventSubscription
    where THandler : IEventHandler<TEvent>
    where TEvent : IDomainEvent
{
    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public EventSubscription() => (Name, EventName) = (THandler.Name, TEvent.Name);

    public override Task Handle(IServiceProvider services, ReceivedEvent received, CancellationToken cancellationToken)
    {
        TEvent what;
        try
        {
            what = EventJson.Read<TEvent>(received.Data);
        }
        catch (JsonException wrong)
        {
            throw new InvalidDataException($"The data is not a valid {EventName}: {wrong.Message}", wrong);
        }

        var handler = ActivatorUtilities.CreateInstance<THandler>(services);
        return handler.Handle(new EventEnvelope<TEvent>(received.Id, what, received.At), cancellationToken);
    }
}
