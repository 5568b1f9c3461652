using System.Text.RegularExpressions;
using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>A request that proves something by a code or a passkey.</summary>
public interface IHasProof
{
    ChallengeMethod Method { get; }
    string? Code { get; }
    PasskeyAssertion? Passkey { get; }
}

/// <summary>Verifies a second factor of a user.</summary>
internal sealed class SecondFactorProof(
    ISecondFactors factors, ISecondFactorTries tries, PasskeyProof passkeys, IAppDbContext db, ITransaction transaction, IAuditLog audit,
    IClient client)
{
    /// <summary>Verifies a code of the authenticator app, a recovery code or a passkey, and uses it.</summary>
    /// <param name="user">The user.</param>
    /// <param name="proof">What the person gave.</param>
    /// <param name="challengeId">The challenge that is answered; <c>null</c> for a user who is signed in.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <param name="together">What a recovery code is used together with; it stays unused when this answers no.</param>
    /// <returns>Success; or 400 <c>invalid_code</c> or <c>invalid_passkey</c>, or 429 <c>too_many_attempts</c>.</returns>
    public async Task<Result<Unit>> Verify(
        User user, IHasProof proof, string? challengeId, CancellationToken cancellationToken,
        Func<CancellationToken, Task<bool>>? together = null)
    {
        if (proof.Method == ChallengeMethod.Passkey)
        {
            var shown = await passkeys.Verify(proof.Passkey!, user.Id, cancellationToken);
            return shown.Error is { } refusal ? refusal : Unit.Value;
        }

        return await Count(
            user,
            challengeId,
            async () => proof.Method switch
            {
                ChallengeMethod.Totp when await factors.UseTotp(user.Id, proof.Code!, cancellationToken) => Unit.Value,
                ChallengeMethod.RecoveryCode => await UseRecoveryCode(user.Id, proof.Code!, together, cancellationToken),
                _ => UserErrors.InvalidCode,
            },
            cancellationToken);
    }

    /// <summary>Activates the authenticator app that was added in the sign-in with a challenge.</summary>
    public Task<Result<Unit>> Enrol(User user, string code, string challengeId, CancellationToken cancellationToken) =>
        Count(
            user,
            challengeId,
            () => transaction.Run<Result<Unit>>(token => Confirm(user.Id, code, token), cancellationToken),
            cancellationToken);

    /// <summary>Activates an authenticator app with its first code, in the open transaction.</summary>
    public async Task<Result<Unit>> Confirm(Guid userId, string code, CancellationToken cancellationToken) =>
        await factors.ConfirmTotp(userId, code, cancellationToken)
            && await TryNote(userId, SecondFactorChange.TotpAdded, AuditActions.UserTotpAdded, cancellationToken)
            ? Unit.Value
            : UserErrors.InvalidCode;

    /// <summary>Raises the event of a change and writes it into the audit log, in the open transaction.</summary>
    /// <returns><c>false</c> when the user was deleted a moment ago.</returns>
    public async Task<bool> TryNote(Guid userId, SecondFactorChange change, string action, CancellationToken cancellationToken)
    {
        if (await db.Users.SingleOrDefaultAsync(u => u.Id == userId, cancellationToken) is not { } user)
            return false;

        user.ChangeSecondFactor(change);
        audit.Add(new AuditNote(action, AuditSubject.User(userId)));
        return true;
    }

    /// <summary>Runs a check of a code as one of the tries that the user has.</summary>
    /// <param name="user">The user whose code it is.</param>
    /// <param name="challengeId">The challenge that is answered; <c>null</c> for a user who is signed in.</param>
    /// <param name="verify">The check, which commits what it changes.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The result of the check; or 400 <c>invalid_code</c> or 429 <c>too_many_attempts</c> without a check.</returns>
    public async Task<Result<T>> Count<T>(
        User user, string? challengeId, Func<Task<Result<T>>> verify, CancellationToken cancellationToken)
    {
        var begun = await tries.Begin(user, challengeId, client, cancellationToken);
        if (begun.Error is { } refusal)
            return refusal;

        var verified = await verify();
        // The code is used and its effect committed, so 503 would be wrong. In an outage the try counts like a wrong one.
        if (verified.IsSuccess)
            await Outages.Ignore(() => tries.Succeeded(user, begun.Value, cancellationToken));
        return verified;
    }

    private Task<Result<Unit>> UseRecoveryCode(
        Guid userId, string code, Func<CancellationToken, Task<bool>>? together, CancellationToken cancellationToken) =>
        transaction.Run<Result<Unit>>(
            async token => await factors.UseRecoveryCode(userId, code, token)
                && await TryNote(userId, SecondFactorChange.RecoveryCodeUsed, AuditActions.UserRecoveryCodeUsed, token)
                && (together is null || await together(token))
                ? Unit.Value
                : UserErrors.InvalidCode,
            cancellationToken);
}

/// <summary>The rules of proofs.</summary>
internal static partial class ProofRules
{
    /// <summary>The code, or the passkey, has the form that the method needs.</summary>
    public static void HasProof<T>(this AbstractValidator<T> validator)
        where T : IHasProof
    {
        validator.RuleFor(r => r.Method)
            .Must(method => Enum.IsDefined(method) && method != ChallengeMethod.TotpEnrolment)
            .WithMessage("This is no method of an answer. An enrolment is answered with totp.");
        validator.RuleFor(r => r.Code!).IsCode()
            .When(r => r.Method is ChallengeMethod.AddressCode or ChallengeMethod.Totp);
        validator.RuleFor(r => r.Code)
            .Must(code => code is not null && RecoveryCode().IsMatch(code)).WithMessage("A recovery code has 16 letters and digits.")
            .When(r => r.Method == ChallengeMethod.RecoveryCode);
        validator.RuleFor(r => r.Passkey)
            .Must(PasskeyRules.IsValid).WithMessage("Give the result of navigator.credentials.get() as JSON.")
            .When(r => r.Method == ChallengeMethod.Passkey);
    }

    // Grouped as people write it.
    [GeneratedRegex(@"^(?:[ -]?[A-Za-z2-7]){16}\z", RegexOptions.None, 100)]
    private static partial Regex RecoveryCode();
}
