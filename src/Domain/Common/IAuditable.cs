namespace Portico.Domain.Common;

/// <summary>A record that knows who made and last changed it, and when.</summary>
/// <remarks>Stamped when it is saved; <c>null</c> stands for the system itself.</remarks>
public interface IAuditable
{
    DateTimeOffset CreatedAt { get; }
    Guid? CreatedBy { get; }
    DateTimeOffset? UpdatedAt { get; }
    Guid? UpdatedBy { get; }
}
