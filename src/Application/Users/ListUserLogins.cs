using AutoMapper;
using AutoMapper.QueryableExtensions;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Users;

/// <summary>Lists the accounts of providers with which a user can sign in.</summary>
[RequirePermission(Permissions.UsersRead)]
public sealed record ListUserLogins(Guid Id) : IQuery<Page<LoginDto>>;

internal sealed class ListUserLoginsHandler(IAppDbContext db, IMapper mapper) : IQueryHandler<ListUserLogins, Page<LoginDto>>
{
    public async Task<Result<Page<LoginDto>>> Handle(ListUserLogins query, CancellationToken cancellationToken)
    {
        if (!await db.Users.WithDeleted().AnyAsync(u => u.Id == query.Id, cancellationToken))
            return UserErrors.NotFound;

        // One login of each provider at most.
        var logins = await db.Set<ExternalLogin>().Where(l => l.UserId == query.Id).OrderBy(l => l.Provider)
            .ProjectTo<LoginDto>(mapper.ConfigurationProvider)
            .ToListAsync(cancellationToken);
        return new Page<LoginDto>(logins, NextCursor: null);
    }
}
