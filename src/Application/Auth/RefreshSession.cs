using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

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

internal sealed class RefreshSessionHandler(ISessions sessions, SessionContinuation continuation)
    : ICommandHandler<RefreshSession, TokensDto>
{
    public async Task<Result<TokensDto>> Handle(RefreshSession command, CancellationToken cancellationToken)
    {
        // Before the token is used: after a 503 the client sends it again, and a used one counts as stolen after the grace period.
        var user = sessions.UserOf(command.RefreshToken) is { } id ? await continuation.Find(id, cancellationToken) : null;
        var continued = await continuation.Of(await sessions.Rotate(command.RefreshToken, cancellationToken), cancellationToken, user);
        return continued.Error is { } refusal ? refusal : TokensDto.Of(continued.Value.Ticket, continued.Value.AccessToken);
    }
}
