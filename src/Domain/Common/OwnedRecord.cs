namespace Portico.Domain.Common;

/// <summary>A record of one user that can be deleted and restored, and stores who created and changed it.</summary>
/// <remarks>The audit properties and the <see cref="AggregateRoot.Version"/> are set when it is saved.</remarks>
public abstract class OwnedRecord(Guid id, Guid ownerId) : AggregateRoot(id), IOwned, IAuditable, ISoftDeletable
{
    public Guid OwnerId { get; private init; } = ownerId;
    public DateTimeOffset CreatedAt { get; private set; }
    public Guid? CreatedBy { get; private set; }
    public DateTimeOffset? UpdatedAt { get; private set; }
    public Guid? UpdatedBy { get; private set; }
    public DateTimeOffset? DeletedAt { get; private set; }
    public Guid? DeletedBy { get; private set; }

    /// <summary>Restores a deleted record; otherwise does nothing.</summary>
    public void Restore() => (DeletedAt, DeletedBy) = (null, null);
}
