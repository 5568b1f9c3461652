namespace Portico.Domain.Common;

/// <summary>A thing with an identity of its own, equal to another only by that identity.</summary>
/// <remarks>Ids are UUID v7 (RFC 9562), so that they sort by the time of their making.</remarks>
public abstract class Entity
{
    protected Entity(Guid id) => Id = id;

    public Guid Id { get; private init; }
}
