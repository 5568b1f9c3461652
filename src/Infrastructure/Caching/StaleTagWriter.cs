using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Portico.Application.Common.Caching;
using Portico.Domain.Common;
using Portico.Infrastructure.Persistence;

namespace Portico.Infrastructure.Caching;

/// <summary>Notes with every change which cached answers it makes stale, so that no use case has to say it.</summary>
internal sealed class StaleTagWriter(TimeProvider clock) : SavingInterceptor
{
    protected override void OnSaving(DbContext context)
    {
        var changes = context.ChangeTracker.Entries().Where(entry => entry.State is EntityState.Added or EntityState.Modified or EntityState.Deleted).ToArray();
        var now = clock.GetUtcNow();
        foreach (var dependency in DependsOnAttribute.All)
        {
            if (Array.Exists(changes, change => Touches(dependency, change)))
                context.Add(new StaleTag(Ids.New(now), dependency.Tag, now));
        }
    }

    private static bool Touches(DependsOnAttribute dependency, EntityEntry change) =>
        change.Metadata.ClrType == dependency.Record &&
        (dependency.Properties.Count == 0 || (change.State == EntityState.Modified && dependency.Properties.Any(property => change.Property(property).IsModified)));
}
