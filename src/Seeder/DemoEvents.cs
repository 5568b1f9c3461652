using Microsoft.EntityFrameworkCore;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.Postgres;

namespace Portico.Seeder;

/// <summary>
/// Stores the events of demo users without publishing them, because demo users must get no notifications.
/// </summary>
internal static class DemoEvents
{
    /// <summary>Saves changes in the open transaction and removes their events from the waiting ones of the outbox.</summary>
    public static async Task SaveQuietly(this AppDbContext db, CancellationToken cancellationToken)
    {
        await db.SaveChangesAsync(cancellationToken);
        var events = db.ChangeTracker.Entries<OutboxMessage>().Select(entry => entry.Entity.Id).ToArray();
        await db.Database.ExecuteSqlAsync($"DELETE FROM outbox_waiting WHERE id = ANY ({events})", cancellationToken);
    }
}
