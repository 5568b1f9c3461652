namespace Portico.Domain.Common;

/// <summary>An entity that guards a consistency boundary and tells what happened inside it.</summary>
/// <remarks>
/// Every event takes the next <see cref="Version"/>, so that readers of the outbox can keep the order per aggregate,
/// and two writers of one version collide in the database instead of overwriting each other. A change that raises no event
/// takes the next version too, when it is saved.
/// </remarks>
public abstract class AggregateRoot : Entity
{
    private readonly List<RaisedEvent> _events = [];

    protected AggregateRoot(Guid id)
        : base(id)
    {
    }

    /// <summary>Grows with every change; never the same for two states.</summary>
    public long Version { get; private set; }

    public IReadOnlyList<RaisedEvent> Events => _events;

    /// <summary>Hands the raised events over, once.</summary>
    public IReadOnlyList<RaisedEvent> TakeEvents()
    {
        var taken = _events.ToArray();
        _events.Clear();
        return taken;
    }

    protected void Raise(IDomainEvent domainEvent) => _events.Add(new RaisedEvent(++Version, domainEvent));
}

/// <summary>A domain event together with the version that it gave its aggregate.</summary>
public sealed record RaisedEvent(long Version, IDomainEvent Event);
