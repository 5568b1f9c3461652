using Microsoft.EntityFrameworkCore;

namespace Portico.Infrastructure.Postgres;

/// <summary>A record that a transaction wrote.</summary>
/// <param name="Record">The record.</param>
/// <param name="State">Whether it was added, modified or deleted.</param>
/// <param name="Modified">The properties that were modified.</param>
internal sealed record WrittenRecord(object Record, EntityState State, IReadOnlyList<string> Modified);

/// <summary>Collects the written records for <see cref="ICommitObserver"/>, because the change tracker loses them when it saves.</summary>
/// <remarks>It is the last interceptor, so that it sees the changes of the others.</remarks>
internal sealed class WrittenRecords : SavingInterceptor
{
    protected override void OnSaving(DbContext context)
    {
        if (context is not AppDbContext db)
            return;

        foreach (var entry in db.ChangeTracker.Entries())
        {
            if (entry.State is EntityState.Added or EntityState.Modified or EntityState.Deleted)
            {
                var modified = entry.Properties.Where(property => entry.State == EntityState.Modified && property.IsModified);
                db.Written.Add(new WrittenRecord(entry.Entity, entry.State, [.. modified.Select(property => property.Metadata.Name)]));
            }
        }
    }
}
