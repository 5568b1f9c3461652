using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Continues a session: a refresh token for a new access token and the next refresh token.</summary>
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

internal sealed class RefreshSessionHandler(ISessions sessions, IAppDbContext db, IAccessTokenIssuer accessTokens)
    : ICommandHandler<RefreshSession, TokensDto>
{
    public async Task<Result<TokensDto>> Handle(RefreshSession command, CancellationToken cancellationToken)
    {
        var rotation = await sessions.Rotate(command.RefreshToken, cancellationToken);
        if (rotation.Error is { } refusal)
            return refusal;

        var ticket = rotation.Value;
        var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == ticket.UserId, cancellationToken);
        if (user is { Status: UserStatus.Active })
            return TokensDto.Of(ticket, accessTokens.Issue(user, ticket.SessionId));

        await sessions.End(ticket.UserId, ticket.SessionId, cancellationToken);
        return UserErrors.InvalidRefreshToken;
    }
}
