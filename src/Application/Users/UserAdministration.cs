using AutoMapper;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Users;

/// <summary>Lets the caller act on another person, and notes who did what to whom in the same transaction.</summary>
/// <remarks>What changes nothing, because it was done before, succeeds and is not noted again.</remarks>
internal sealed class UserAdministration(ITransaction transaction, IAppDbContext db, ICurrentUser caller, IAuditLog audit, IMapper mapper)
{
    /// <param name="userId">The other person, who may be deleted.</param>
    /// <param name="action">One of <see cref="AuditActions"/>.</param>
    /// <param name="act">What the caller, given second, does to the person, given first.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="reason">Why, for the audit log.</param>
    /// <param name="beforeCommit">What must have happened to the person before the change is seen.</param>
    public Task<Result<AccountDto>> Act(
        Guid userId, string action, Func<User, User, Result<Unit>> act, CancellationToken cancellationToken,
        string? reason = null, Func<Guid, CancellationToken, Task>? beforeCommit = null) => transaction.Run<Result<AccountDto>>(
        async token =>
        {
            var by = await db.Users.SingleOrDefaultAsync(u => u.Id == caller.Id, token);
            if (by is null)
                return CommonErrors.Unauthenticated;
            var user = await db.Users.WithDeleted().SingleOrDefaultAsync(u => u.Id == userId, token);
            if (user is null)
                return UserErrors.NotFound;

            var (version, role, standing) = (user.Version, user.Role, user.Standing());
            if (act(user, by).Error is { } refusal)
                return refusal;

            if (user.Version != version)
            {
                audit.Add(new AuditNote(action, AuditSubject.User(user.Id))
                    .Changed("role", role, user.Role)
                    .Changed("status", standing, user.Standing())
                    .Changed("reason", null, reason));
                if (beforeCommit is not null)
                    await beforeCommit(user.Id, token);
            }

            return mapper.Map<AccountDto>(user);
        },
        cancellationToken);
}
