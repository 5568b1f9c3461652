namespace Portico.Domain.Common;

/// <summary>A record that belongs to one person; to everybody else it does not exist.</summary>
public interface IOwned
{
    Guid OwnerId { get; }
}
