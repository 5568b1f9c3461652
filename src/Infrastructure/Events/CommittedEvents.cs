using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Events;

/// <summary>Wakes the relay of this process after a commit with events, and has the newest events of the ledger.</summary>
/// <remarks>
/// The relay need not read them. The table alone decides what is published: the relay takes the rows of these events first, and publishes
/// the events whose rows waited. Only first versions are kept, because PostgreSQL alone knows whether the version before is still waiting.
/// Thread-safe; one reader.
/// </remarks>
internal sealed class CommittedEvents : WakeSignal, ICommitObserver
{
    /// <summary>The maximum number of events; when there are more, all are dropped.</summary>
    public const int Capacity = 4_000;

    private readonly Lock _gate = new();
    private Dictionary<Guid, OutboxMessage> _events = [];
    private bool _hasOthers;

    public ValueTask Committed(IReadOnlyList<WrittenRecord> records)
    {
        if (records.Any(record => record.Record is OutboxMessage))
            Set();
        return ValueTask.CompletedTask;
    }

    /// <summary>Wakes the relay after a commit of events that it must read.</summary>
    public override void Set()
    {
        lock (_gate)
            _hasOthers = true;
        base.Set();
    }

    /// <summary>Adds events after their commit, and wakes the relay.</summary>
    public void Add(IReadOnlyList<OutboxMessage> events)
    {
        lock (_gate)
        {
            if (_events.Count + events.Count > Capacity)
            {
                _hasOthers = true;
                _events.Clear();
            }

            foreach (var message in events)
            {
                if (message.AggregateVersion == 1 && _events.Count < Capacity)
                    _events[message.Id] = message;
                else
                    _hasOthers = true;
            }
        }

        base.Set();
    }

    /// <summary>Takes all events, by their ids, and whether other events were committed since the last time.</summary>
    public (IReadOnlyDictionary<Guid, OutboxMessage> Events, bool HasOthers) Take()
    {
        lock (_gate)
        {
            var taken = (_events, _hasOthers);
            // The next ones are about as many.
            (_events, _hasOthers) = (new Dictionary<Guid, OutboxMessage>(_events.Count), false);
            return taken;
        }
    }
}
