using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Persistence;
using Portico.Domain.Common;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Events;

/// <summary>Makes sure that the effect of a handler in the database happens once for an event, also when it is delivered again.</summary>
internal sealed class EventInbox(AppDbContext db, ITransaction transaction)
{
    /// <summary>Runs the effect, unless it already happened for this event and handler.</summary>
    /// <param name="eventId">The event.</param>
    /// <param name="handler">The handler of the effect.</param>
    /// <param name="effect">Changes the database through the context of the scope, in the transaction of the inbox row.</param>
    /// <param name="cancellationToken">Cancels the try; then nothing has changed.</param>
    /// <returns>True when the effect happened now; false when it happened before.</returns>
    /// <exception cref="DbUpdateConcurrencyException">Other transactions changed the same rows; another try may succeed.</exception>
    public async Task<bool> Once(Guid eventId, string handler, Func<CancellationToken, Task> effect, CancellationToken cancellationToken)
    {
        var done = await transaction.Run<Result<bool>>(
            async token =>
            {
                // Waits for another transaction that handles the same event now.
                var added = await db.Database.ExecuteSqlAsync(
                    $"INSERT INTO inbox (event_id, handler) VALUES ({eventId}, {handler}) ON CONFLICT DO NOTHING", token);
                if (added > 0)
                    await effect(token);
                return added > 0;
            },
            cancellationToken);
        return done.Error is { } refusal ? throw new DbUpdateConcurrencyException(refusal.Message) : done.Value;
    }
}
