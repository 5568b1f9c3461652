namespace Portico.Domain.Common;

/// <summary>An entity that is the consistency boundary of a change and raises domain events.</summary>
/// <remarks>
/// Every event takes the next <see cref="Version"/>. Readers of the outbox can therefore keep the order per aggregate,
/// and two writers of one version conflict in the database instead of overwriting each other.
/// A change that raises no event also takes the next version when it is saved.
/// </remarks>
public abstract class AggregateRoot : Entity
{
    private readonly List<RaisedEvent> _events = [];

    protected AggregateRoot(Guid id)
        : base(id)
    {
    }

    /// <summary>Increases with every change; two states never have the same version.</summary>
    public long Version { get; private set; }

    public IReadOnlyList<RaisedEvent> Events => _events;

    /// <summary>Returns the raised events and clears the list.</summary>
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
