namespace Portico.Infrastructure.Events;

/// <summary>The newest events that the ledger of this process has committed, so that its relay does not read them. Thread-safe.</summary>
/// <remarks>
/// The table alone decides what is published: the relay looks here for the events of rows that it has claimed, and reads what is missing.
/// Only first versions are kept, because PostgreSQL alone knows whether the version before is still waiting.
/// </remarks>
internal sealed class CommittedEvents
{
    /// <summary>The maximum number of events; when there are more, all are dropped.</summary>
    public const int Capacity = 4_000;

    private readonly Lock _gate = new();
    private Dictionary<Guid, OutboxMessage> _events = [];

    /// <summary>Adds events after their commit.</summary>
    public void Add(IReadOnlyList<OutboxMessage> events)
    {
        lock (_gate)
        {
            if (_events.Count + events.Count > Capacity)
                _events.Clear();
            foreach (var message in events.Where(message => message.AggregateVersion == 1).Take(Capacity))
                _events[message.Id] = message;
        }
    }

    /// <summary>Takes all events, by their ids.</summary>
    public IReadOnlyDictionary<Guid, OutboxMessage> Take()
    {
        lock (_gate)
        {
            var taken = _events;
            _events = [];
            return taken;
        }
    }
}
