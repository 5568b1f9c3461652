using Portico.Domain.Forecasts;

namespace Portico.Application.Events;

/// <summary>Reads sports events and locks them until the transaction ends.</summary>
public interface IEventLock
{
    /// <summary>Locks an event so that nobody closes it before the caller's forecast is committed; the lock is shared.</summary>
    Task<SportEvent?> Lock(Guid id, CancellationToken cancellationToken);

    /// <summary>Locks an event for a change, which waits for the forecasts that are about to commit.</summary>
    Task<SportEvent?> LockForChange(Guid id, CancellationToken cancellationToken);

    /// <summary>The time of the database, the one clock that decides whether an event is open.</summary>
    Task<DateTimeOffset> Now(CancellationToken cancellationToken);
}
