using Microsoft.EntityFrameworkCore;
using Portico.Domain.Users;

namespace Portico.Application.Common.Persistence;

/// <summary>Finds users by a contact address.</summary>
public static class UserLookup
{
    public static Task<User?> FindByAddress(this IQueryable<User> users, ContactAddress address, CancellationToken cancellationToken) =>
        address.Kind == ContactKind.Email
            ? users.SingleOrDefaultAsync(u => u.Email == address.Value, cancellationToken)
            : users.SingleOrDefaultAsync(u => u.Phone == address.Value, cancellationToken);
}
