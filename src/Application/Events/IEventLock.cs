using Portico.Domain.Forecasts;

namespace Portico.Application.Events;

/// <summary>Reads sports events and locks them until the transaction ends.</summary>
public interface IEventLock
{
    /// <summary>Locks an event so that nobody closes it before the caller's forecast is committed; the lock is shared.</summary>
    Task<SportEvent?> Lock(Guid id, CancellationToken cancellationToken);
}
