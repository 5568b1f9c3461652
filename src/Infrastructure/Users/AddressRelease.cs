using Microsoft.EntityFrameworkCore;
using Portico.Application.Auth;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Records;
using Portico.Domain.Users;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Users;

/// <summary>Frees the contact address of a deleted user after the retention time.</summary>
internal sealed class AddressRelease(AppDbContext db, IAuditLog audit, UserSettings settings, TimeProvider clock) : IAddressRelease
{
    public async Task ReleaseExpired(ContactAddress address, CancellationToken cancellationToken)
    {
        var deletedBefore = clock.GetUtcNow() - settings.Retention;
        var former = db.Users.WithDeleted().Where(u => u.DeletedAt <= deletedBefore);
        var holder = address.Kind == ContactKind.Email
            ? await former.SingleOrDefaultAsync(u => u.Email == address.Value, cancellationToken)
            : await former.SingleOrDefaultAsync(u => u.Phone == address.Value, cancellationToken);
        if (holder is null)
            return;

        holder.FreeAddress(address.Kind);
        audit.Add(new AuditNote(AuditActions.UserAddressFreed, AuditSubject.User(holder.Id)).With("address", address.Kind));
        // Saved before the new user is added, because the unique index checks row by row.
        await db.SaveChangesAsync(cancellationToken);
    }
}
