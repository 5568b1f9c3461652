namespace Portico.Domain.Common;

/// <summary>A record that is hidden from every list when it is deleted, and can be restored.</summary>
/// <remarks>The database context marks a removed record instead of deleting it; the filter <c>SoftDelete</c> then hides it.</remarks>
public interface ISoftDeletable
{
    DateTimeOffset? DeletedAt { get; }
    Guid? DeletedBy { get; }
}
