using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Continues a session: exchanges a refresh token for a new access token and the next refresh token.</summary>
/// <example>{"refreshToken":"AQGh_H7noXkVqj-K6CxMTd0BofyAfrh7NYiPhM-3sus0AAAAARBsMEZNyKnK-aIRxSTxiwwV6OUJHvioUWV-uJUQkRah"}</example>
[Anonymous]
public sealed record RefreshSession : ICommand<TokensDto>, IOwnTransaction
{
    public required string RefreshToken { get; init; }
}

internal sealed class RefreshSessionValidator : AbstractValidator<RefreshSession>
{
    private const int MaxLength = 256;

    public RefreshSessionValidator() => RuleFor(c => c.RefreshToken).NotEmpty().MaximumLength(MaxLength);
}

internal sealed class RefreshSessionHandler(
    ISessions sessions, IAppDbContext db, IAccessTokenIssuer accessTokens, ISecondFactorRequirement requirement, IAuditLog audit)
    : ICommandHandler<RefreshSession, TokensDto>
{
    public async Task<Result<TokensDto>> Handle(RefreshSession command, CancellationToken cancellationToken)
    {
        var rotation = await sessions.Rotate(command.RefreshToken, cancellationToken);
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
            return TokensDto.Of(ticket, accessTokens.Issue(user, ticket.SessionId));

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
