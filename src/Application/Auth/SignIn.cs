using Portico.Application.Common.Security;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Opens a session for a person who has just proved who they are.</summary>
internal sealed class SignIn(ISessions sessions, IAccessTokenIssuer accessTokens, IClient client)
{
    public async Task<TokensDto> Open(User user, CancellationToken cancellationToken)
    {
        var ticket = await sessions.Open(user.Id, client, cancellationToken);
        return TokensDto.Of(ticket, accessTokens.Issue(user, ticket.SessionId));
    }
}
