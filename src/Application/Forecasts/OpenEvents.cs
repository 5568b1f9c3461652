using Portico.Application.Common.Persistence;
using Portico.Application.Events;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;

namespace Portico.Application.Forecasts;

/// <summary>Changes a forecast while its sports event is open, by the clock of the database and under the lock of the event.</summary>
internal sealed class OpenEvents(IAppDbContext db, IEventLock events)
{
    /// <summary>Makes a change and saves it.</summary>
    /// <param name="eventId">The sports event.</param>
    /// <param name="change">The change; its arguments are the event and the time.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async Task<Result<T>> Change<T>(
        Guid eventId, Func<SportEvent, DateTimeOffset, Result<T>> change, CancellationToken cancellationToken)
    {
        if (await events.Lock(eventId, cancellationToken) is not { } about)
            return EventErrors.NotFound;

        var changed = change(about, await events.Now(cancellationToken));
        if (changed.Error is not null)
            return changed;

        await db.SaveChangesAsync(cancellationToken);
        // The event may have closed between the first look at the clock and the row.
        return about.StatusAt(await events.Now(cancellationToken)) == EventStatus.Open ? changed : EventErrors.Closed;
    }
}
