using System.Diagnostics.CodeAnalysis;

namespace Portico.Application.Common.Security;

/// <summary>The caller of the current request.</summary>
public interface ICurrentUser
{
    /// <summary>The claims of the access token; <c>null</c> for an anonymous caller and for background work.</summary>
    AccessTokenClaims? Claims { get; }

    /// <summary>When the session ends if it is not used any more; of a bearer, when the access token expires.</summary>
    /// <exception cref="InvalidOperationException">The caller is not signed in, and the use case should require it.</exception>
    DateTimeOffset SessionExpiresAt => Claims?.ExpiresAt ?? throw new InvalidOperationException("Nobody is signed in.");

    [MemberNotNullWhen(true, nameof(Claims))]
    bool IsAuthenticated => Claims is not null;

    /// <exception cref="InvalidOperationException">The caller is not signed in, and the use case should require it.</exception>
    Guid Id => Claims?.Subject ?? throw new InvalidOperationException("Nobody is signed in.");

    /// <exception cref="InvalidOperationException">The caller is not signed in, and the use case should require it.</exception>
    Guid SessionId => Claims?.SessionId ?? throw new InvalidOperationException("Nobody is signed in.");

    bool Has(string permission) => Claims?.Permissions.Contains(permission, StringComparer.Ordinal) ?? false;
}

/// <summary>The client of the current request.</summary>
public interface IClient
{
    /// <summary>The IP address of the client, as a trusted proxy forwards it; <c>null</c> for background work.</summary>
    System.Net.IPAddress? IpAddress { get; }

    /// <summary>The user agent of the client, at most 256 characters.</summary>
    string? UserAgent { get; }

    /// <summary>The language that the client prefers, a BCP 47 tag.</summary>
    string Locale { get; }
}
