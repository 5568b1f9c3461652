using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Persistence;
using Portico.Domain.Users;

namespace Portico.Application.Users;

internal static class UserLookup
{
    public static IQueryable<User> IncludingDeleted(this IQueryable<User> users) => users.IgnoreQueryFilters([IAppDbContext.SoftDeleteFilter]);

    public static Task<User?> FindByAddress(this IQueryable<User> users, ContactAddress address, CancellationToken cancellationToken) =>
        address.Kind == ContactKind.Email
            ? users.SingleOrDefaultAsync(u => u.Email == address.Value, cancellationToken)
            : users.SingleOrDefaultAsync(u => u.Phone == address.Value, cancellationToken);
}
