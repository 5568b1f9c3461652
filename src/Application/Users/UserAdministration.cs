using AutoMapper;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Auth;
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
internal sealed class UserAdministration(
    IAppDbContext db, ICurrentUser caller, IAuditLog audit, ISessions sessions, ITransaction transaction, IMapper mapper)
{
    /// <param name="userId">The other person, who may be deleted.</param>
    /// <param name="action">One of <see cref="AuditActions"/>.</param>
    /// <param name="act">What the caller, given second, does to the person, given first.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="reason">Why, for the audit log.</param>
    public async Task<Result<AccountDto>> Act(
        Guid userId, string action, Func<User, User, Result<Unit>> act, CancellationToken cancellationToken, string? reason = null)
    {
        var by = await db.Users.SingleOrDefaultAsync(u => u.Id == caller.Id, cancellationToken);
        if (by is null)
            return CommonErrors.Unauthenticated;
        var user = await db.Users.WithDeleted().SingleOrDefaultAsync(u => u.Id == userId, cancellationToken);
        if (user is null)
            return UserErrors.NotFound;

        var (version, role, status) = (user.Version, user.Role, user.ToAccountStatus());
        if (act(user, by).Error is { } refusal)
            return refusal;

        if (user.Version != version)
        {
            audit.Add(new AuditNote(action, AuditSubject.User(user.Id))
                .Changed("role", role, user.Role)
                .Changed("status", status, user.ToAccountStatus())
                .Changed("reason", null, reason));
        }

        return mapper.Map<AccountDto>(user);
    }

    /// <summary>The same, and ends the person's sessions.</summary>
    /// <remarks>
    /// After the commit, so that none is opened behind it. When Redis is away then, they end at their next refresh: their version has
    /// passed.
    /// </remarks>
    public async Task<Result<AccountDto>> ActAndEndSessions(
        Guid userId, string action, Func<User, User, Result<Unit>> act, CancellationToken cancellationToken, string? reason = null)
    {
        var done = await Act(userId, action, act, cancellationToken, reason);
        if (done.IsSuccess)
            transaction.AfterCommit(token => sessions.EndAfterCommit(all => all.EndAll(userId, token)));
        return done;
    }
}
