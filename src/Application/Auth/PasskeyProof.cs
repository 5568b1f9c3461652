using System.Buffers.Text;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Persistence;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Verifies that a person has a passkey.</summary>
internal sealed class PasskeyProof(IPasskeys passkeys, IOneTimeRecords records, IAppDbContext db, IAuditLog audit, TimeProvider clock)
{
    /// <summary>Makes the challenge of a sign-in, which works once.</summary>
    /// <param name="userId">The only user whose passkey answers it; <c>null</c> for any user.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async Task<string> NewChallenge(Guid? userId, CancellationToken cancellationToken)
    {
        var challenge = OneTimeToken.New();
        await records.Add(
            OneTimeRecordKind.PasskeyAssertion, challenge, new PasskeyChallenge(userId), passkeys.Timeout, cancellationToken);
        return challenge;
    }

    /// <summary>Verifies an assertion, and uses its challenge whatever the result.</summary>
    /// <param name="assertion">The answer of the browser.</param>
    /// <param name="userId">The only user whose passkey counts; <c>null</c> for any user.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The passkey, or 400 <c>invalid_passkey</c> for every reason.</returns>
    public async Task<Result<Passkey>> Verify(PasskeyAssertion assertion, Guid? userId, CancellationToken cancellationToken)
    {
        if (passkeys.RelyingParty is null)
            return SecondFactorErrors.PasskeysUnavailable;
        if (ClientData.ChallengeOf(assertion.Response.ClientDataJson) is not { } challenge
            || await records.Take<PasskeyChallenge>(OneTimeRecordKind.PasskeyAssertion, challenge, cancellationToken) is not { } issued)
        {
            return SecondFactorErrors.InvalidPasskey;
        }

        var credentialId = Base64Url.DecodeFromChars(assertion.Id);
        var passkey = await db.Set<Passkey>().AsNoTracking()
            .SingleOrDefaultAsync(p => p.CredentialId == credentialId, cancellationToken);
        if (passkey is null || (issued.UserId ?? passkey.UserId) != passkey.UserId || (userId ?? passkey.UserId) != passkey.UserId)
            return SecondFactorErrors.InvalidPasskey;
        if (await passkeys.VerifyAssertion(passkey, challenge, assertion, cancellationToken) is not { } signCount)
            return SecondFactorErrors.InvalidPasskey;
        if (await passkeys.TryUse(passkey.Id, signCount, clock.GetUtcNow(), cancellationToken))
            return passkey;

        // A genuine signature with a count that does not rise: one of two holders of the same private key has signed.
        await audit.AddNow(
            new AuditNote(AuditActions.UserPasskeyRejected, AuditSubject.User(passkey.UserId)).With("passkey", passkey.Id));
        return SecondFactorErrors.InvalidPasskey;
    }
}
