using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Portico as browsers and authenticators know it (relying party of WebAuthn).</summary>
/// <param name="Id">The domain that passkeys are bound to.</param>
/// <param name="Name">The name for people.</param>
public sealed record RelyingParty(string Id, string Name);

/// <summary>A passkey that an authenticator has just made.</summary>
public sealed record NewPasskey(byte[] CredentialId, byte[] PublicKey, long SignCount);

/// <summary>Verifies what authenticators say (WebAuthn Level 3), and records the use of passkeys.</summary>
/// <remarks>
/// Each verification checks type, challenge, origin, relying party, presence and verification of the user, and the signature.
/// </remarks>
public interface IPasskeys
{
    /// <summary>The relying party; <c>null</c> when passkeys are off, because this API has no domain name.</summary>
    RelyingParty? RelyingParty { get; }

    /// <summary>How long a person may take.</summary>
    TimeSpan Timeout { get; }

    /// <summary>The algorithms of passkeys, by their COSE numbers, the preferred one first.</summary>
    IReadOnlyList<int> Algorithms { get; }

    /// <summary>Verifies a registration.</summary>
    /// <returns>The passkey, or <c>null</c> when anything is not as it must be.</returns>
    Task<NewPasskey?> VerifyRegistration(
        User user, string challenge, string credentialId, PasskeyRegistrationResponse response, CancellationToken cancellationToken);

    /// <summary>Verifies a sign-in with a passkey.</summary>
    /// <returns>The new count of signatures, or <c>null</c> when anything is not as it must be.</returns>
    Task<long?> VerifyAssertion(Passkey passkey, string challenge, PasskeyAssertion assertion, CancellationToken cancellationToken);

    /// <summary>Stores the new count of signatures.</summary>
    /// <returns>Whether it rose, or the authenticator does not count; if not, the private key may have been copied.</returns>
    Task<bool> TryUse(Guid passkeyId, long signCount, DateTimeOffset now, CancellationToken cancellationToken);
}
