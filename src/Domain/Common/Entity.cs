namespace Portico.Domain.Common;

/// <summary>An object that is identified by its id.</summary>
/// <remarks>Ids are UUID v7 (RFC 9562), so they sort by the time of creation.</remarks>
public abstract class Entity
{
    protected Entity(Guid id) => Id = id;

    public Guid Id { get; private init; }
}
