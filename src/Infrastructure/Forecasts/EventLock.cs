using Microsoft.EntityFrameworkCore;
using Portico.Application.Events;
using Portico.Domain.Forecasts;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Forecasts;

/// <summary>Locks a sports event while it or a forecast of it changes.</summary>
internal sealed class EventLock(AppDbContext db) : IEventLock
{
    // A shared lock: forecasts don't wait for each other, and setting a result waits for the forecasts that are about to commit.
    public Task<SportEvent?> Lock(Guid id, CancellationToken cancellationToken) =>
        db.Set<SportEvent>()
            .FromSql($"SELECT * FROM events WHERE id = {id} FOR SHARE")
            .AsNoTracking()
            .SingleOrDefaultAsync(cancellationToken);

    public Task<SportEvent?> LockForChange(Guid id, CancellationToken cancellationToken) =>
        db.Set<SportEvent>()
            .FromSql($"SELECT * FROM events WHERE id = {id} FOR NO KEY UPDATE")
            .SingleOrDefaultAsync(cancellationToken);

    // A statement of its own: in the statement that locks, the time may be read before the lock is there.
    public Task<DateTimeOffset> Now(CancellationToken cancellationToken) =>
        db.Database.SqlQuery<DateTimeOffset>($"""SELECT clock_timestamp() AS "Value" """).SingleAsync(cancellationToken);
}
