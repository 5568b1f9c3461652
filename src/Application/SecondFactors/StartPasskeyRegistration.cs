using System.Buffers.Text;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Auth;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.SecondFactors;

/// <summary>Begins the registration of a passkey of the caller; needs a fresh session or second factor.</summary>
[Authenticated]
public sealed record StartPasskeyRegistration : ICommand<PasskeyCreationOptionsDto>, IOwnTransaction;

/// <summary>
/// What <c>PublicKeyCredential.parseCreationOptionsFromJSON()</c> takes (PublicKeyCredentialCreationOptionsJSON of WebAuthn).
/// </summary>
/// <remarks>The challenge works once, for <c>timeout</c> milliseconds, in the session that asked for it.</remarks>
/// <example>
/// {"rp":{"id":"example.com","name":"Portico"},"user":{"id":"AaH8fuehehWqP4roLExN3Q","name":"ada@example.org",
/// "displayName":"Ada Lovelace"},"challenge":"8vXz0m3Jk2n5Yq7Rw1Tb4Uc6Ve9Lp0aSdFgHjKlZxCvB","pubKeyCredParams":[{"type":"public-key",
/// "alg":-7}],"timeout":300000,"excludeCredentials":[],"authenticatorSelection":{"residentKey":"required","requireResidentKey":true,
/// "userVerification":"required"},"attestation":"none"}
/// </example>
public sealed record PasskeyCreationOptionsDto
{
    public required PasskeyRelyingPartyDto Rp { get; init; }
    public required PasskeyUserDto User { get; init; }
    public required string Challenge { get; init; }
    public required IReadOnlyList<PasskeyAlgorithmDto> PubKeyCredParams { get; init; }

    /// <summary>In milliseconds.</summary>
    public required int Timeout { get; init; }

    /// <summary>The passkeys that the caller has already.</summary>
    public required IReadOnlyList<PasskeyDescriptorDto> ExcludeCredentials { get; init; }

    public PasskeySelectionDto AuthenticatorSelection { get; init; } = new();
    public string Attestation { get; init; } = "none";
}

/// <summary>The relying party.</summary>
/// <example>{"id":"example.com","name":"Portico"}</example>
public sealed record PasskeyRelyingPartyDto(string Id, string Name);

/// <summary>The user as the authenticator stores it.</summary>
/// <example>{"id":"AaH8fuehehWqP4roLExN3Q","name":"ada@example.org","displayName":"Ada Lovelace"}</example>
public sealed record PasskeyUserDto(string Id, string Name, string DisplayName);

/// <summary>An algorithm, by its COSE number.</summary>
/// <example>{"type":"public-key","alg":-7}</example>
public sealed record PasskeyAlgorithmDto(string Type, int Alg);

/// <summary>What the authenticator must do: store the passkey, and verify the user.</summary>
/// <example>{"residentKey":"required","requireResidentKey":true,"userVerification":"required"}</example>
public sealed record PasskeySelectionDto
{
    public string ResidentKey { get; init; } = "required";
    public bool RequireResidentKey { get; init; } = true;
    public string UserVerification { get; init; } = "required";
}

internal sealed class StartPasskeyRegistrationHandler(
    IAppDbContext db, IPasskeys passkeys, IOneTimeRecords records, FreshProof fresh, ICurrentUser caller)
    : ICommandHandler<StartPasskeyRegistration, PasskeyCreationOptionsDto>
{
    private const string PublicKey = "public-key";

    public async Task<Result<PasskeyCreationOptionsDto>> Handle(StartPasskeyRegistration command, CancellationToken cancellationToken)
    {
        if (passkeys.RelyingParty is not { } relyingParty)
            return SecondFactorErrors.PasskeysUnavailable;
        if (await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == caller.Id, cancellationToken) is not { } user)
            return UserErrors.NotFound;
        if (await fresh.Refuse(cancellationToken) is { } refusal)
            return refusal;

        var known = await db.Set<Passkey>().Where(p => p.UserId == caller.Id).Select(p => p.CredentialId).ToListAsync(cancellationToken);
        if (known.Count >= Passkey.MaxPerUser)
            return SecondFactorErrors.TooManyPasskeys;

        var challenge = OneTimeToken.New();
        await records.Add(
            OneTimeRecordKind.PasskeyRegistration, challenge, new LinkingSession(caller.Id, caller.SessionId), passkeys.Timeout,
            cancellationToken);
        return new PasskeyCreationOptionsDto
        {
            Rp = new PasskeyRelyingPartyDto(relyingParty.Id, relyingParty.Name),
            User = new PasskeyUserDto(
                Base64Url.EncodeToString(user.Id.ToByteArray(bigEndian: true)),
                user.Addresses.FirstOrDefault()?.Value ?? user.DisplayName,
                user.DisplayName),
            Challenge = challenge,
            PubKeyCredParams = [.. passkeys.Algorithms.Select(algorithm => new PasskeyAlgorithmDto(PublicKey, algorithm))],
            Timeout = (int)passkeys.Timeout.TotalMilliseconds,
            ExcludeCredentials = [.. known.Select(id => new PasskeyDescriptorDto(PublicKey, Base64Url.EncodeToString(id)))],
        };
    }
}
