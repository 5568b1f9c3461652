using Microsoft.EntityFrameworkCore;
using Portico.Application.Auth;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Users;

/// <summary>Lists the sessions of a user, newest first: those that end when the user is blocked or deleted.</summary>
[RequirePermission(Permissions.UsersRead)]
public sealed record ListUserSessions(Guid Id) : IQuery<Page<SessionDto>>;

internal sealed class ListUserSessionsHandler(IAppDbContext db, ISessions sessions, ICurrentUser caller)
    : IQueryHandler<ListUserSessions, Page<SessionDto>>
{
    public async Task<Result<Page<SessionDto>>> Handle(ListUserSessions query, CancellationToken cancellationToken)
    {
        if (!await db.Users.WithDeleted().AnyAsync(u => u.Id == query.Id, cancellationToken))
            return UserErrors.NotFound;

        var live = await sessions.List(query.Id, cancellationToken);
        return new Page<SessionDto>([.. live.Select(session => SessionDto.Of(session, caller))], NextCursor: null);
    }
}
