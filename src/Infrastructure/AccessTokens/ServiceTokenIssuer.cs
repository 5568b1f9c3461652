using Portico.Infrastructure.SigningKeys;

namespace Portico.Infrastructure.AccessTokens;

/// <summary>Issues the tokens with which Portico itself calls another service about one user.</summary>
/// <remarks>
/// They have the audience of that service only, no role and no session, so Portico and other services refuse them.
/// </remarks>
internal sealed class ServiceTokenIssuer(TokenKeys keys, TokenSettings settings, TimeProvider clock)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    /// <summary>Issues a token that is valid for a minute.</summary>
    /// <param name="audience">The service that accepts it.</param>
    /// <param name="userId">The user whom the call is about (<c>sub</c>).</param>
    /// <param name="permission">What the service may do for Portico; a permission that no role has.</param>
    public string Issue(string audience, Guid userId, string permission)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        var content = new TokenContent(audience, userId, now, now + (long)Lifetime.TotalSeconds, [], [permission]);
        return TokenSigning.Issue(keys.Current.Signer, settings, content);
    }
}
