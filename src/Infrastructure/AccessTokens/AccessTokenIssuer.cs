using Portico.Application.Common.Security;
using Portico.Domain.Users;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Infrastructure.AccessTokens;

/// <summary>Issues access tokens (RFC 9068), signed with the current signing key.</summary>
internal sealed class AccessTokenIssuer(TokenKeys keys, TokenSettings settings, TimeProvider clock) : IAccessTokenIssuer
{
    public AccessToken Issue(User user, Guid sessionId)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        var content = new TokenContent(
            settings.Audience, user.Id, now, now + (long)settings.AccessTokenLifetime.TotalSeconds, user.Role.Implied(),
            Permissions.Of(user.Role))
        {
            SessionId = sessionId,
            Epoch = user.Epoch,
        };
        return new(TokenSigning.Issue(keys.Current.Signer, settings, content), settings.AccessTokenLifetime);
    }

    public AccessToken IssueToService(Guid accountId, Guid secretId, IReadOnlyList<string> permissions)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        var content = new TokenContent(
            settings.Audience, accountId, now, now + (long)settings.AccessTokenLifetime.TotalSeconds, [], permissions)
        {
            SecretId = secretId,
        };
        return new(TokenSigning.Issue(keys.Current.Signer, settings, content), settings.AccessTokenLifetime);
    }
}
