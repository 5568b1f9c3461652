namespace Portico.Domain.Common;

/// <summary>A record that belongs to one user; for every other user it does not exist.</summary>
public interface IOwned
{
    Guid OwnerId { get; }
}
