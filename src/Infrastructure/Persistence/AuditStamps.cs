using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Infrastructure.Persistence;

/// <summary>Stamps who made, changed and deleted a record, and turns a delete into a soft delete.</summary>
internal sealed class AuditStamps(ICurrentUser user, TimeProvider clock) : SavingInterceptor
{
    protected override void OnSaving(DbContext context)
    {
        var now = clock.GetUtcNow();
        var by = user.Claims?.Subject;
        foreach (var entry in context.ChangeTracker.Entries())
        {
            if (entry is { Entity: ISoftDeletable, State: EntityState.Deleted })
            {
                entry.State = EntityState.Modified;
                entry.Property(nameof(ISoftDeletable.DeletedAt)).CurrentValue = now;
                entry.Property(nameof(ISoftDeletable.DeletedBy)).CurrentValue = by;
            }

            if (entry.Entity is not IAuditable || entry.State is not (EntityState.Added or EntityState.Modified))
                continue;

            var (at, who) = entry.State == EntityState.Added
                ? (nameof(IAuditable.CreatedAt), nameof(IAuditable.CreatedBy))
                : (nameof(IAuditable.UpdatedAt), nameof(IAuditable.UpdatedBy));
            entry.Property(at).CurrentValue = now;
            entry.Property(who).CurrentValue = by;
        }
    }
}
