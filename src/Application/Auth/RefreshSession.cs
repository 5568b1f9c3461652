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
    ISessions sessions, IAppDbContext db, IAccessTokenIssuer accessTokens, IAuditLog audit, TimeProvider clock)
    : ICommandHandler<RefreshSession, TokensDto>
{
    private static readonly TimeSpan CarryOver = TimeSpan.FromMilliseconds(200);

    public async Task<Result<TokensDto>> Handle(RefreshSession command, CancellationToken cancellationToken)
    {
        var rotation = await sessions.Rotate(command.RefreshToken, cancellationToken);
        if (rotation.Reused is { } reuse)
            await Note(reuse, cancellationToken);
        if (rotation.Ticket is not { } ticket)
            return UserErrors.InvalidRefreshToken;

        var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == ticket.UserId, cancellationToken);
        if (user is { Status: UserStatus.Active } && await Carries(ticket, user.SessionVersion, cancellationToken))
            return TokensDto.Of(ticket, accessTokens.Issue(user, ticket.SessionId));

        await sessions.End(ticket.UserId, ticket.SessionId, cancellationToken);
        return UserErrors.InvalidRefreshToken;
    }

    /// <summary>Whether the session has the user's current session version.</summary>
    private async Task<bool> Carries(SessionTicket ticket, int version, CancellationToken cancellationToken)
    {
        if (ticket.Version == version)
            return true;

        // A password change first commits, then updates its own session. Another tab of that session may refresh in between.
        await Task.Delay(CarryOver, clock, cancellationToken);
        return await sessions.FindVersion(ticket.UserId, ticket.SessionId, cancellationToken) == version;
    }

    // Its access tokens are revoked already. If the process stops before End, the next use of one of its tokens reports the reuse again.
    private async Task Note(EndedByReuse reuse, CancellationToken cancellationToken)
    {
        await audit.AddNow(
            new AuditNote(AuditActions.SessionEndedByReuse, AuditSubject.User(reuse.UserId)) { SessionId = reuse.SessionId });
        await sessions.End(reuse.UserId, reuse.SessionId, cancellationToken);
    }
}
