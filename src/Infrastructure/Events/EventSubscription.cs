using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using NATS.Client.JetStream.Models;
using Portico.Application;
using Portico.Application.Common.Events;
using Portico.Domain.Common;

namespace Portico.Infrastructure.Events;

/// <summary>An event as it is read from the stream, before anybody knows what it is about.</summary>
internal sealed record ReceivedEvent(Guid Id, string Type, DateTimeOffset At, string? TraceParent, JsonElement Data);

/// <summary>A handler together with the event that it waits for; one durable consumer each.</summary>
internal abstract class EventSubscription
{
    // Four times what a handler may take. No back-off list: nats-server 2.9 adds it to the pauses that we ask for.
    private static readonly TimeSpan AckWait = TimeSpan.FromMinutes(1);

    /// <summary>For so long one event may be worked on.</summary>
    public static readonly TimeSpan HandlerDeadline = TimeSpan.FromSeconds(15);

    private const int MaxDeliver = 40;
    private const int MaxAckPending = 64;

    // The server's default, named so that it can be compared.
    private const int MaxWaiting = 512;

    /// <summary>Those of all handlers in the application.</summary>
    public static IReadOnlyList<EventSubscription> All { get; } = Find();

    /// <summary>The name of the handler, of its consumer and of its rows in the inbox.</summary>
    public required string Name { get; init; }

    /// <summary>The name of the event.</summary>
    public required string EventName { get; init; }

    /// <summary>The pauses between tries; after one more try than these an event is a dead letter.</summary>
    public IReadOnlyList<TimeSpan> Pauses { get; init; } =
        [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30)];

    /// <summary>A delivery beyond these was one that nobody lived to answer.</summary>
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

    /// <exception cref="InvalidDataException">The event is not what its name says.</exception>
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
            throw new InvalidDataException($"The data is no {EventName}: {wrong.Message}", wrong);
        }

        var handler = ActivatorUtilities.CreateInstance<THandler>(services);
        return handler.Handle(new EventEnvelope<TEvent>(received.Id, what, received.At), cancellationToken);
    }
}
