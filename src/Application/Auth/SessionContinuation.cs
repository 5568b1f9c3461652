using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>A session that goes on, with a new access token.</summary>
internal sealed record ContinuedSession(SessionTicket Ticket, AccessToken AccessToken);

/// <summary>Decides whether a session goes on after its refresh token or its cookie was used.</summary>
internal sealed class SessionContinuation(
    ISessions sessions, IAppDbContext db, IAccessTokenIssuer accessTokens, ISecondFactorRequirement requirement, IAuditLog audit)
{
    /// <summary>Reads a user, who may be blocked; <c>null</c> for a user who was deleted.</summary>
    public Task<User?> Find(Guid userId, CancellationToken cancellationToken) =>
        db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == userId, cancellationToken);

    /// <param name="rotation">The result of the use of the token.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <param name="before">The user as read before the token was used, if the caller has read it.</param>
    /// <returns>
    /// The session; or 401 <c>invalid_refresh_token</c> or <c>refresh_superseded</c>; or that a second factor is required.
    /// </returns>
    public async Task<Result<ContinuedSession>> Of(Rotation rotation, CancellationToken cancellationToken, User? before = null)
    {
        if (rotation.IsSuperseded)
            return UserErrors.RefreshSuperseded;
        if (rotation.Reused is { } reuse)
            await Note(reuse, cancellationToken);
        if (rotation.Ticket is not { } ticket)
            return UserErrors.InvalidRefreshToken;

        // A change since raises the version of the session, or the token version, with which the token that is issued here is refused.
        var user = before is { Status: UserStatus.Active } && before.SessionVersion == ticket.Version
            ? before
            : await Find(ticket.UserId, cancellationToken);
        if (user is not { Status: UserStatus.Active })
        {
            await sessions.End(ticket.UserId, ticket.SessionId, cancellationToken);
            return UserErrors.InvalidRefreshToken;
        }

        // The role was given, or the requirement configured, after the session was opened.
        if (!ticket.HasSecondFactor && requirement.HoldsFor(user.Role))
        {
            await sessions.End(ticket.UserId, ticket.SessionId, cancellationToken);
            return SecondFactorErrors.Required;
        }

        if (ticket.Version == user.SessionVersion)
            return new ContinuedSession(ticket, accessTokens.Issue(user, ticket.SessionId));

        // A password change first commits, then continues its own session. Another tab of that session may refresh in between.
        return await sessions.EndOutdated(ticket.UserId, ticket.SessionId, user.SessionVersion, cancellationToken)
            ? UserErrors.InvalidRefreshToken
            : UserErrors.RefreshSuperseded;
    }

    // Its access tokens are revoked already. If the process stops before End, the next use of one of its tokens reports the reuse again.
    private async Task Note(EndedByReuse reuse, CancellationToken cancellationToken)
    {
        await audit.AddNow(
            new AuditNote(AuditActions.SessionEndedByReuse, AuditSubject.User(reuse.UserId)) { SessionId = reuse.SessionId });
        await sessions.End(reuse.UserId, reuse.SessionId, cancellationToken);
    }
}
