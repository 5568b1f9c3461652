using Portico.Domain.Common;

namespace Portico.Application.Common.Events;

/// <summary>An event as it came from the stream.</summary>
/// <param name="Id">The id of its outbox row, the same however often it comes.</param>
/// <param name="Event">What happened.</param>
/// <param name="At">When.</param>
public sealed record EventEnvelope<TEvent>(Guid Id, TEvent Event, DateTimeOffset At)
    where TEvent : IDomainEvent;

/// <summary>Does something because an event happened; found by itself, with a durable consumer of its own.</summary>
/// <remarks>
/// What it does in the database happens exactly once: its changes share a transaction with a row that says so. An event comes late,
/// and one of another aggregate may overtake it. It throws when it can't go on; after some tries the event is a dead letter. It takes
/// at most 10 s.
/// </remarks>
public interface IEventHandler<TEvent>
    where TEvent : IDomainEvent
{
    /// <summary>
    /// The name of its consumer and of its rows in the inbox; another name begins anew with all events that the stream holds.
    /// </summary>
    static abstract string Name { get; }

    Task Handle(EventEnvelope<TEvent> envelope, CancellationToken cancellationToken);
}
