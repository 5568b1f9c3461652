using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Infrastructure.Postgres;

/// <summary>Sets the audit properties of saved records, turns a delete into a soft delete, and raises the version of each change.</summary>
internal sealed class AuditInterceptor(ICurrentUser user, TimeProvider clock) : SavingInterceptor
{
    protected override void OnSaving(DbContext context)
    {
        var now = clock.GetUtcNow();
        var by = user.Claims?.Subject;
        foreach (var entry in context.ChangeTracker.Entries())
        {
            if (entry is { Entity: ISoftDeletable, State: EntityState.Deleted })
            {
                entry.State = EntityState.Unchanged;
                entry.Property(nameof(ISoftDeletable.DeletedAt)).CurrentValue = now;
                entry.Property(nameof(ISoftDeletable.DeletedBy)).CurrentValue = by;
            }

            if (entry.State is not (EntityState.Added or EntityState.Modified))
                continue;

            if (entry.Entity is AggregateRoot)
                RaiseVersion(entry.Property(nameof(AggregateRoot.Version)), entry.State);
            if (entry.Entity is not IAuditable)
                continue;

            var (at, who) = entry.State == EntityState.Added
                ? (nameof(IAuditable.CreatedAt), nameof(IAuditable.CreatedBy))
                : (nameof(IAuditable.UpdatedAt), nameof(IAuditable.UpdatedBy));
            entry.Property(at).CurrentValue = now;
            entry.Property(who).CurrentValue = by;
        }
    }

    // Domain events may have raised the version already.
    private static void RaiseVersion(PropertyEntry version, EntityState state)
    {
        var current = (long)version.CurrentValue!;
        if (current == (state == EntityState.Added ? 0 : (long)version.OriginalValue!))
            version.CurrentValue = current + 1;
    }
}
