using Microsoft.EntityFrameworkCore;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.Postgres;

namespace Portico.Seeder;

/// <summary>
/// What happens to demo people is kept as an event and told to nobody: they do not exist, and no letters are written to them.
/// </summary>
internal static class DemoEvents
{
    /// <summary>Saves, and takes back that the events of it wait to be published; within a transaction.</summary>
    public static async Task SaveQuietly(this AppDbContext db, CancellationToken cancellationToken)
    {
        await db.SaveChangesAsync(cancellationToken);
        var events = db.ChangeTracker.Entries<OutboxMessage>().Select(entry => entry.Entity.Id).ToArray();
        await db.Database.ExecuteSqlAsync($"DELETE FROM outbox_waiting WHERE id = ANY ({events})", cancellationToken);
    }
}
