using AutoMapper;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Users;

/// <summary>Gets the caller's own profile.</summary>
[Authenticated]
public sealed record GetMe : IQuery<UserDto>;

internal sealed class GetMeHandler(IAppDbContext db, ICurrentUser caller, IMapper mapper) : IQueryHandler<GetMe, UserDto>
{
    public async Task<Result<UserDto>> Handle(GetMe query, CancellationToken cancellationToken)
    {
        var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == caller.Id, cancellationToken);
        return user is null ? UserErrors.NotFound : mapper.Map<UserDto>(user);
    }
}
