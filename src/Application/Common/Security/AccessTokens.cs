using Portico.Domain.Users;

namespace Portico.Application.Common.Security;

/// <summary>The claims of an access token (RFC 9068).</summary>
public sealed record AccessTokenClaims
{
    public required Guid Subject { get; init; }

    /// <summary>The session; of a service account its secret. When it ends, the token is invalid.</summary>
    public required Guid SessionId { get; init; }

    /// <summary>The highest role first, then the roles that it includes.</summary>
    public required IReadOnlyList<Role> Roles { get; init; }

    public required IReadOnlyList<string> Permissions { get; init; }

    /// <summary>The token version of the user when the token was issued; a lower one than the current one is invalid.</summary>
    public required int Epoch { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Whether the subject is a service account and not a user: it has no role and no session.</summary>
    public bool IsServiceAccount { get; init; }
}

/// <summary>A signed access token and its lifetime.</summary>
public sealed record AccessToken(string Value, TimeSpan Lifetime);

/// <summary>Issues the access tokens that other services verify through JWKS.</summary>
public interface IAccessTokenIssuer
{
    AccessToken Issue(User user, Guid sessionId);

    /// <summary>Issues a token to a service account, for one of its secrets.</summary>
    AccessToken IssueToService(Guid accountId, Guid secretId, IReadOnlyList<string> permissions);
}
