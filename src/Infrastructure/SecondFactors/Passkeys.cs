using System.Buffers.Text;
using Fido2NetLib;
using Fido2NetLib.Objects;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Portico.Application.Auth;
using Portico.Domain.Users;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Infrastructure.SecondFactors;

/// <summary>Verifies passkeys with Fido2NetLib.</summary>
/// <remarks>
/// Attestation is not asked for, so any authenticator may be used. The library compares no counts of signatures: that is done by the
/// UPDATE that stores the count, so it holds in races too.
/// </remarks>
internal sealed partial class Passkeys : IPasskeys
{
    private static readonly COSE.Algorithm[] Accepted = [COSE.Algorithm.ES256, COSE.Algorithm.RS256];

    private readonly AppDbContext _db;
    private readonly Fido2? _fido2;
    private readonly ILogger<Passkeys> _logger;

    public Passkeys(AppDbContext db, SecondFactorSettings settings, TokenSettings tokens, ILogger<Passkeys> logger)
    {
        (_db, _logger) = (db, logger);
        Timeout = settings.PasskeyTimeout;
        if (settings.RelyingPartyOf(new Uri(tokens.Issuer)) is not { } party)
            return;

        RelyingParty = new RelyingParty(party.Id, settings.Name);
        _fido2 = new Fido2(
            new Fido2Configuration
            {
                RPID = party.Id,
                RPName = settings.Name,
                Origins = party.Origins,
                AllowCrossOriginRequests = false,
            },
            metadataService: null);
    }

    public RelyingParty? RelyingParty { get; }

    public TimeSpan Timeout { get; }

    public IReadOnlyList<int> Algorithms { get; } = [.. Accepted.Select(algorithm => (int)algorithm)];

    public async Task<NewPasskey?> VerifyRegistration(
        User user, string challenge, string credentialId, PasskeyRegistrationResponse response, CancellationToken cancellationToken)
    {
        var clientData = Base64Url.DecodeFromChars(response.ClientDataJson);
        var attestation = Base64Url.DecodeFromChars(response.AttestationObject);
        var made = await Verified(() => _fido2!.MakeNewCredentialAsync(
            new MakeNewCredentialParams
            {
                AttestationResponse = new AuthenticatorAttestationRawResponse
                {
                    Id = credentialId,
                    RawId = Base64Url.DecodeFromChars(credentialId),
                    Type = PublicKeyCredentialType.PublicKey,
                    Response = new() { AttestationObject = attestation, ClientDataJson = clientData },
                },
                OriginalOptions = new CredentialCreateOptions
                {
                    Rp = new PublicKeyCredentialRpEntity(RelyingParty!.Id, RelyingParty.Name, icon: null),
                    User = new Fido2User { Id = user.Id.ToByteArray(bigEndian: true), Name = "", DisplayName = "" },
                    Challenge = Base64Url.DecodeFromChars(challenge),
                    PubKeyCredParams = [.. Accepted.Select(algorithm => new PubKeyCredParam(algorithm))],
                    AuthenticatorSelection = new AuthenticatorSelection
                    {
                        ResidentKey = ResidentKeyRequirement.Required,
                        UserVerification = UserVerificationRequirement.Required,
                    },
                    Attestation = AttestationConveyancePreference.None,
                },
                // The unique index decides.
                IsCredentialIdUniqueToUserCallback = (_, _) => Task.FromResult(true),
            },
            cancellationToken));
        return made is null ? null : new NewPasskey(made.Id, made.PublicKey, made.SignCount);
    }

    public async Task<long?> VerifyAssertion(
        Passkey passkey, string challenge, PasskeyAssertion assertion, CancellationToken cancellationToken)
    {
        // A discoverable passkey always gives the id of its user, which the signature does not cover.
        if (assertion.Response.UserHandle is not { } handle
            || !Base64Url.DecodeFromChars(handle).AsSpan().SequenceEqual(passkey.UserId.ToByteArray(bigEndian: true)))
        {
            return null;
        }

        var verified = await Verified(() => _fido2!.MakeAssertionAsync(
            new MakeAssertionParams
            {
                AssertionResponse = new AuthenticatorAssertionRawResponse
                {
                    Id = assertion.Id,
                    RawId = Base64Url.DecodeFromChars(assertion.Id),
                    Type = PublicKeyCredentialType.PublicKey,
                    Response = new()
                    {
                        AuthenticatorData = Base64Url.DecodeFromChars(assertion.Response.AuthenticatorData),
                        Signature = Base64Url.DecodeFromChars(assertion.Response.Signature),
                        ClientDataJson = Base64Url.DecodeFromChars(assertion.Response.ClientDataJson),
                        UserHandle = Base64Url.DecodeFromChars(handle),
                    },
                },
                OriginalOptions = new AssertionOptions
                {
                    Challenge = Base64Url.DecodeFromChars(challenge),
                    RpId = RelyingParty!.Id,
                    UserVerification = UserVerificationRequirement.Required,
                },
                StoredPublicKey = passkey.PublicKey,
                StoredSignatureCounter = 0,
                IsUserHandleOwnerOfCredentialIdCallback = (_, _) => Task.FromResult(true),
            },
            cancellationToken));
        return verified?.SignCount;
    }

    public async Task<bool> TryUse(Guid passkeyId, long signCount, DateTimeOffset now, CancellationToken cancellationToken) =>
        await _db.Set<Passkey>()
            .Where(p => p.Id == passkeyId && (p.SignCount < signCount || (p.SignCount == 0 && signCount == 0)))
            .ExecuteUpdateAsync(
                update => update.SetProperty(p => p.SignCount, signCount).SetProperty(p => p.LastUsedAt, now), cancellationToken) == 1;

    /// <returns><c>null</c> for what the library refuses. It reads bytes of strangers, so their errors are no errors of Portico.</returns>
    private async Task<T?> Verified<T>(Func<Task<T>> verify)
        where T : class
    {
        try
        {
            return await verify();
        }
        catch (Exception refusal) when (refusal is not (OperationCanceledException or OutOfMemoryException))
        {
            Refused(refusal.Message);
            return null;
        }
    }

    // The first look at a wrong setting of the origins; strangers can cause it, so it is no warning.
    [LoggerMessage(Level = LogLevel.Debug, Message = "A passkey was refused: {Reason}")]
    private partial void Refused(string reason);
}
