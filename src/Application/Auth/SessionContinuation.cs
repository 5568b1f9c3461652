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
    /// <returns>
    /// The session; or 401 <c>invalid_refresh_token</c> or <c>refresh_superseded</c>; or that a second factor is required.
    /// </returns>
    public async Task<Result<ContinuedSession>> Of(Rotation rotation, CancellationToken cancellationToken)
    {
        if (rotation.IsSuperseded)
            return UserErrors.RefreshSuperseded;
        if (rotation.Reused is { } reuse)
            await Note(reuse, cancellationToken);
        if (rotation.Ticket is not { } ticket)
            return UserErrors.InvalidRefreshToken;

        var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == ticket.UserId, cancellationToken);
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
