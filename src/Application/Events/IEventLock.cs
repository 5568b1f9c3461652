using Portico.Domain.Forecasts;

namespace Portico.Application.Events;

/// <summary>Reads events so that they stay as they are until the transaction ends.</summary>
public interface IEventLock
{
    /// <summary>An event that nobody closes before the caller's forecast is committed; many may hold it at once.</summary>
    Task<SportEvent?> Lock(Guid id, CancellationToken cancellationToken);
}
