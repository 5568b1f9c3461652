namespace Portico.Domain.Common;

/// <summary>A record that stores who created it, who changed it last, and when.</summary>
/// <remarks>The values are set when the record is saved; <c>null</c> stands for the system itself.</remarks>
public interface IAuditable
{
    DateTimeOffset CreatedAt { get; }
    Guid? CreatedBy { get; }
    DateTimeOffset? UpdatedAt { get; }
    Guid? UpdatedBy { get; }
}
