using Portico.Domain.Common;

namespace Portico.Application.Common.Events;

/// <summary>An event with its id and its time, as the stream delivers it.</summary>
/// <param name="Id">The id of the outbox row; the same for every delivery.</param>
/// <param name="Event">The domain event.</param>
/// <param name="At">When it happened.</param>
public sealed record EventEnvelope<TEvent>(Guid Id, TEvent Event, DateTimeOffset At)
    where TEvent : IDomainEvent;

/// <summary>Runs because an event happened. Registered automatically, with its own durable consumer.</summary>
/// <remarks>
/// Its database changes happen exactly once: they share a transaction with the row in the inbox. An event arrives some time after the
/// change, and events of different aggregates may arrive in another order. A handler throws when it fails; after some tries the event
/// becomes a dead letter. A handler may take at most 10 s.
/// </remarks>
public interface IEventHandler<TEvent>
    where TEvent : IDomainEvent
{
    /// <summary>
    /// The name of its consumer and of its rows in the inbox. A handler with a new name gets all events that the stream holds.
    /// </summary>
    static abstract string Name { get; }

    /// <summary>Handles one event.</summary>
    Task Handle(EventEnvelope<TEvent> envelope, CancellationToken cancellationToken);
}
