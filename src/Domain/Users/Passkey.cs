using Portico.Domain.Common;

namespace Portico.Domain.Users;

/// <summary>
/// A passkey (WebAuthn credential) with which a user signs in: a key pair whose private key never leaves the authenticator.
/// </summary>
public sealed class Passkey : Entity
{
    public const int MaxPerUser = 20;
    public const int MaxNameLength = 100;

    private Passkey(Guid id, Guid userId, byte[] credentialId, byte[] publicKey, string name)
        : base(id) => (UserId, CredentialId, PublicKey, Name) = (userId, credentialId, publicKey, name);

    public Guid UserId { get; private init; }

    /// <summary>The authenticator's id of the credential.</summary>
    public byte[] CredentialId { get; private init; }

    /// <summary>The public key in the form of COSE (RFC 9052).</summary>
    public byte[] PublicKey { get; private init; }

    /// <summary>The signatures that the authenticator has counted; 0 for an authenticator that does not count.</summary>
    public long SignCount { get; private init; }

    /// <summary>The user's own name for it.</summary>
    public string Name { get; private init; }

    public DateTimeOffset CreatedAt { get; private init; }

    public DateTimeOffset? LastUsedAt { get; private init; }

    public static Passkey Register(
        Guid userId, byte[] credentialId, byte[] publicKey, long signCount, string name, DateTimeOffset now) =>
        new(Ids.New(now), userId, credentialId, publicKey, name) { SignCount = signCount, CreatedAt = now };
}
