using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>The second factors of a user.</summary>
/// <param name="HasTotp">Whether an authenticator app is active: then a password alone gives no tokens.</param>
/// <param name="RecoveryCodes">The recovery codes that are left.</param>
/// <param name="Passkeys">The number of passkeys; each stands for password and second factor together.</param>
/// <param name="IsRequired">Whether the role of the user needs a second factor.</param>
public sealed record UserFactors(bool HasTotp, int RecoveryCodes, int Passkeys, bool IsRequired)
{
    /// <summary>Whether the user proves a second factor at each sign-in with a password or a provider.</summary>
    public bool AreUsed => HasTotp || (IsRequired && Passkeys > 0);

    /// <summary>How the second factor can be proved at a sign-in; empty if none is asked for.</summary>
    public IReadOnlyList<ChallengeMethod> Methods()
    {
        if (!AreUsed)
            return IsRequired ? [ChallengeMethod.TotpEnrolment] : [];

        List<ChallengeMethod> methods = [];
        if (HasTotp)
            methods.Add(ChallengeMethod.Totp);
        if (HasTotp && RecoveryCodes > 0)
            methods.Add(ChallengeMethod.RecoveryCode);
        if (Passkeys > 0)
            methods.Add(ChallengeMethod.Passkey);
        return methods;
    }
}

/// <summary>Which roles need a second factor (<c>SignIn:RequireSecondFactorFor</c>).</summary>
public interface ISecondFactorRequirement
{
    bool HoldsFor(Role role);
}

/// <summary>The secret of a new authenticator app; it is shown once. Show the QR code, and the secret for typing.</summary>
/// <example>
/// {"secret":"OLZ6JSA3LZRM23W7GXYSFGV6D34S4TR2",
/// "uri":"otpauth://totp/Portico:ada%40example.org?secret=OLZ6JSA3LZRM23W7GXYSFGV6D34S4TR2&amp;issuer=Portico","qrCode":"&lt;svg/&gt;"}
/// </example>
/// <param name="Secret">160 random bits in base32.</param>
/// <param name="Uri">The secret as an <c>otpauth://</c> URI.</param>
/// <param name="QrCode">The URI as a QR code, an SVG image.</param>
public sealed record TotpSecretDto(string Secret, string Uri, string QrCode);

/// <summary>The authenticator apps (TOTP, RFC 6238) and recovery codes of users.</summary>
/// <remarks>
/// Secrets are encrypted, and recovery codes hashed. Changes take part in the open transaction. A code is accepted in its time step and in
/// the steps before and after it; a step is used once, and no earlier one after it, also in races over processes.
/// </remarks>
public interface ISecondFactors
{
    /// <summary>Reads the second factors of a user.</summary>
    Task<UserFactors> Find(Guid userId, Role role, CancellationToken cancellationToken);

    /// <summary>
    /// Stores a new secret, which is not active before <see cref="ConfirmTotp"/>; it replaces another one that is not active, with its
    /// recovery codes.
    /// </summary>
    /// <returns>The secret, or <c>null</c> while an authenticator app is active.</returns>
    Task<TotpSecretDto?> AddTotp(User user, CancellationToken cancellationToken);

    /// <summary>Activates the new secret with its first code.</summary>
    /// <returns>Whether the code was right, and the secret at most an hour old.</returns>
    Task<bool> ConfirmTotp(Guid userId, string code, CancellationToken cancellationToken);

    /// <summary>Checks a code of the active authenticator app, and uses its time step.</summary>
    Task<bool> UseTotp(Guid userId, string code, CancellationToken cancellationToken);

    /// <summary>Removes the authenticator app and the recovery codes.</summary>
    /// <returns>Whether there was an active one.</returns>
    Task<bool> RemoveTotp(Guid userId, CancellationToken cancellationToken);

    /// <summary>Makes 10 new recovery codes; earlier ones become invalid.</summary>
    Task<IReadOnlyList<string>> ReplaceRecoveryCodes(Guid userId, CancellationToken cancellationToken);

    /// <summary>Checks a recovery code of a user with an active authenticator app, and uses it.</summary>
    Task<bool> UseRecoveryCode(Guid userId, string code, CancellationToken cancellationToken);
}
