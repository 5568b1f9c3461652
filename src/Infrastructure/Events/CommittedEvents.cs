using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Events;

/// <summary>Wakes the relay of this process after a commit with events, and has the newest groups of events of the ledger.</summary>
/// <remarks>
/// The relay need not read them. The table alone decides what is published: the relay removes the rows of these groups first, and publishes
/// the events of the groups whose rows waited. Thread-safe; one reader.
/// </remarks>
internal sealed class CommittedEvents : WakeSignal, ICommitObserver
{
    /// <summary>The maximum number of events in groups; a group that does not fit is not kept.</summary>
    public const int Capacity = 4_000;

    private readonly Lock _gate = new();
    private List<OutboxGroup> _groups = [];
    private int _count;
    private bool _hasOthers;
    private bool _hasUnkept;

    /// <summary>Whether there are groups that were not taken yet.</summary>
    public bool HasGroups
    {
        get
        {
            lock (_gate)
                return _groups.Count > 0;
        }
    }

    /// <summary>Whether other events were committed since <see cref="TakeOthers"/>, which the relay must read.</summary>
    public bool HasOthers
    {
        get
        {
            lock (_gate)
                return _hasOthers || _hasUnkept;
        }
    }

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

    /// <summary>Adds the events of a statement after their commit, and wakes the relay.</summary>
    public void Add(IReadOnlyList<OutboxMessage> events)
    {
        if (events.Count == 0)
            return;
        var group = OutboxGroup.Of(events);
        lock (_gate)
        {
            if (group is null)
                _hasOthers = true;
            else if (_count + events.Count > Capacity)
                _hasUnkept = true;
            else
            {
                _groups.Add(group);
                _count += events.Count;
            }
        }

        base.Set();
    }

    /// <summary>Takes all groups.</summary>
    public IReadOnlyList<OutboxGroup> TakeGroups()
    {
        lock (_gate)
        {
            var taken = _groups;
            (_groups, _count) = ([], 0);
            return taken;
        }
    }

    /// <summary>Takes what is known of the other events.</summary>
    /// <returns>Whether there may be groups that were not kept.</returns>
    public bool TakeOthers()
    {
        lock (_gate)
        {
            var hasUnkept = _hasUnkept;
            (_hasOthers, _hasUnkept) = (false, false);
            return hasUnkept;
        }
    }
}
