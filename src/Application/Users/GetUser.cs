using AutoMapper;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Users;

/// <summary>Gets any user, deleted or not; for administrators.</summary>
[RequirePermission(Permissions.UsersRead)]
public sealed record GetUser(Guid Id) : IQuery<AccountDto>;

internal sealed class GetUserHandler(IAppDbContext db, IMapper mapper) : IQueryHandler<GetUser, AccountDto>
{
    public async Task<Result<AccountDto>> Handle(GetUser query, CancellationToken cancellationToken)
    {
        var user = await db.Users.WithDeleted().AsNoTracking().SingleOrDefaultAsync(u => u.Id == query.Id, cancellationToken);
        return user is null ? UserErrors.NotFound : mapper.Map<AccountDto>(user);
    }
}
