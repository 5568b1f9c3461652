using AutoMapper;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Users;

/// <summary>Any person's profile, for administrators.</summary>
[RequirePermission(Permissions.UsersRead)]
public sealed record GetUser(Guid Id) : IQuery<UserDto>;

internal sealed class GetUserHandler(IAppDbContext db, IMapper mapper) : IQueryHandler<GetUser, UserDto>
{
    public async Task<Result<UserDto>> Handle(GetUser query, CancellationToken cancellationToken)
    {
        var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == query.Id, cancellationToken);
        return user is null ? UserErrors.NotFound : mapper.Map<UserDto>(user);
    }
}
