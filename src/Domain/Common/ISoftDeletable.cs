namespace Portico.Domain.Common;

/// <summary>A record that leaves every list when it is deleted, yet can be restored.</summary>
/// <remarks>Removing one through the database context marks it instead; the filter <c>SoftDelete</c> hides it from then on.</remarks>
public interface ISoftDeletable
{
    DateTimeOffset? DeletedAt { get; }
    Guid? DeletedBy { get; }
}
