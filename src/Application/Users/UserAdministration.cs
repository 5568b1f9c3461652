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

/// <summary>Runs an action of the caller on another user, and writes the audit entry in the same transaction.</summary>
/// <remarks>An action that changes nothing succeeds and writes no audit entry.</remarks>
internal sealed class UserAdministration(
    IAppDbContext db, ICurrentUser caller, IAuditLog audit, ISessions sessions, ITransaction transaction, IMapper mapper)
{
    /// <summary>Runs the action.</summary>
    /// <param name="userId">The other user, who may be deleted.</param>
    /// <param name="action">One of <see cref="AuditActions"/>.</param>
    /// <param name="act">The action; its arguments are the other user, then the caller.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <param name="reason">The reason, for the audit log.</param>
    public async Task<Result<AccountDto>> Act(
        Guid userId, string action, Func<User, User, Result<Unit>> act, CancellationToken cancellationToken, string? reason = null)
    {
        if (await db.Users.SingleOrDefaultAsync(u => u.Id == caller.Id, cancellationToken) is not { } by)
            return CommonErrors.Unauthenticated;
        if (await db.Users.WithDeleted().SingleOrDefaultAsync(u => u.Id == userId, cancellationToken) is not { } user)
            return UserErrors.NotFound;

        var (version, role, status) = (user.Version, user.Role, user.ToAccountStatus());
        if (act(user, by).Error is { } refusal)
            return refusal;

        if (user.Version != version)
        {
            audit.Add(new AuditNote(action, AuditSubject.User(user.Id))
                .Changed("role", role, user.Role)
                .Changed("status", status, user.ToAccountStatus())
                .Changed("reason", null, reason?.Trim()));
        }

        return mapper.Map<AccountDto>(user);
    }

    /// <summary>Runs the action and ends the user's sessions.</summary>
    /// <remarks>
    /// Sessions end after the commit, so that no new one opens in between. While Redis is unavailable they end at their next refresh,
    /// because their session version is outdated.
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
