using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Persistence;
using Portico.Domain.Common;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Events;

/// <summary>Sees to it that a handler's effect in the database happens once for an event, however often the event comes.</summary>
internal sealed class EventInbox(AppDbContext db, ITransaction transaction)
{
    /// <param name="eventId">The event.</param>
    /// <param name="handler">Whose effect it is.</param>
    /// <param name="effect">Changes the database through the scope's context, in the transaction of the row that says so.</param>
    /// <param name="cancellationToken">Ends the try; nothing has happened then.</param>
    /// <returns>Whether it happened now; otherwise it has happened before.</returns>
    /// <exception cref="DbUpdateConcurrencyException">Others kept changing the same rows; another try may succeed.</exception>
    public async Task<bool> Once(Guid eventId, string handler, Func<CancellationToken, Task> effect, CancellationToken cancellationToken)
    {
        var done = await transaction.Run<Result<bool>>(
            async token =>
            {
                // Whoever handles the same event at this moment is waited for.
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
