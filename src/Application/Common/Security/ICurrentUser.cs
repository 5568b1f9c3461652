using System.Diagnostics.CodeAnalysis;

namespace Portico.Application.Common.Security;

/// <summary>The person on whose behalf the current request runs.</summary>
public interface ICurrentUser
{
    /// <summary>What the access token says; <c>null</c> for an anonymous caller and for background work.</summary>
    AccessTokenClaims? Claims { get; }

    [MemberNotNullWhen(true, nameof(Claims))]
    bool IsAuthenticated => Claims is not null;

    /// <exception cref="InvalidOperationException">Nobody is signed in; the use case should have asked for it.</exception>
    Guid Id => Claims?.Subject ?? throw new InvalidOperationException("Nobody is signed in.");

    /// <exception cref="InvalidOperationException">Nobody is signed in; the use case should have asked for it.</exception>
    Guid SessionId => Claims?.SessionId ?? throw new InvalidOperationException("Nobody is signed in.");

    bool Has(string permission) => Claims?.Permissions.Contains(permission, StringComparer.Ordinal) ?? false;
}

/// <summary>Where the current request comes from.</summary>
public interface IClient
{
    /// <summary>The address of the client, a trusted proxy's word for it included; <c>null</c> for background work.</summary>
    System.Net.IPAddress? IpAddress { get; }

    /// <summary>What the client calls itself, at most 256 characters.</summary>
    string? UserAgent { get; }

    /// <summary>The language that the client prefers, a BCP 47 tag.</summary>
    string Locale { get; }
}
