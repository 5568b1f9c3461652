using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Answers a sign-in challenge with a code or a passkey, and signs the user in.</summary>
/// <remarks>A code to the address leads to the next challenge if the user has a second factor.</remarks>
/// <example>
/// {"challengeId":"pZ8dYpBzv1cO1zNVXv0r0mS5dYxk7wzWq8oQ0x2aF3Uo7TqkTtqgkq3n0a1b2c3d4","method":"addressCode","code":"492816"}
/// </example>
[Anonymous]
public sealed record VerifyChallenge : ICommand<LogInAnswer>, IHasProof, IOwnTransaction
{
    public required string ChallengeId { get; init; }
    public required ChallengeMethod Method { get; init; }

    /// <summary>The code; for the method <c>passkey</c> nothing.</summary>
    public string? Code { get; init; }

    /// <summary>
    /// The result of <c>navigator.credentials.get()</c> for the method <c>passkey</c>; its options are those of <c>passkeys/options</c>.
    /// </summary>
    public PasskeyAssertion? Passkey { get; init; }

    /// <summary>The id of the challenge that the code was sent for, when that is an earlier one of the address.</summary>
    public string? RequestId { get; init; }
}

internal sealed class VerifyChallengeValidator : AbstractValidator<VerifyChallenge>
{
    public VerifyChallengeValidator()
    {
        RuleFor(c => c.ChallengeId).NotEmpty().MaximumLength(FieldRules.MaxIdLength);
        this.HasProof();
        RuleFor(c => c.RequestId).IsRequestId();
    }
}

internal sealed class VerifyChallengeHandler(
    ISignInChallenges challenges, ISignInThrottle throttle, SecondFactorChallenges factorChallenges, SecondFactorProof factorProof,
    IAppDbContext db, SignIn signIn, ExternalSignIn external, IClient client)
    : ICommandHandler<VerifyChallenge, LogInAnswer>
{
    public Task<Result<LogInAnswer>> Handle(VerifyChallenge command, CancellationToken cancellationToken) =>
        command.Method != ChallengeMethod.AddressCode ? VerifyFactor(command, cancellationToken)
        : ExternalSignIn.IsChallenge(command.ChallengeId) ? external.Verify(command.ChallengeId, command.Code!, cancellationToken)
        : VerifyAddress(command, cancellationToken);

    private async Task<Result<LogInAnswer>> VerifyFactor(VerifyChallenge command, CancellationToken cancellationToken)
    {
        var (pending, user) = await factorChallenges.Find(command.ChallengeId, cancellationToken);
        if (user is null)
            return UserErrors.InvalidCode;

        // An enrolment ends with the first code of the new app.
        var isEnrolment = command.Method == ChallengeMethod.Totp && pending!.Methods.Contains(ChallengeMethod.TotpEnrolment);
        if (!isEnrolment && !pending!.Methods.Contains(command.Method))
            return UserErrors.InvalidCode;

        // Of two callers with two right codes one gets a session. The challenge is used once here, also if a transaction runs again.
        bool? isUsed = null;
        async Task<bool> TryUse(CancellationToken token) =>
            isUsed ??= await factorChallenges.TryUse(command.ChallengeId, token);

        var proved = isEnrolment
            ? await factorProof.Enrol(user, command.Code!, command.ChallengeId, cancellationToken)
            : await factorProof.Verify(user, command, command.ChallengeId, cancellationToken, TryUse);
        if (proved.Error is { } refusal)
            return refusal;
        if (!await TryUse(cancellationToken))
            return UserErrors.InvalidCode;

        var tokens = await signIn.Open(user, hasSecondFactor: true, cancellationToken);
        return tokens.Error is { } closed ? closed : LogInAnswer.Of(tokens.Value);
    }

    private async Task<Result<LogInAnswer>> VerifyAddress(VerifyChallenge command, CancellationToken cancellationToken)
    {
        var met = await challenges.Verify(
            command.ChallengeId, command.Code!, command.RequestId, client.IpAddress, RequireDatabase, cancellationToken);
        if (met.Error is { } invalid)
            return invalid;

        // Meanwhile the address may belong to another user, or the password may have changed.
        var (address, proved) = met.Value;
        var user = await db.Users.FindByAddress(address, cancellationToken);
        if (user is not { Status: UserStatus.Active } || proved != new ProvenPassword(user.Id, user.SessionVersion))
            return UserErrors.InvalidCode;

        await throttle.Succeeded(address, client.IpAddress, cancellationToken);
        return await signIn.Begin(user, cancellationToken);

        // Fails while PostgreSQL is away, before the code is used: then the code still works when the client repeats the request.
        Task RequireDatabase(ContactAddress asked) => db.Users.AsNoTracking().FindByAddress(asked, cancellationToken);
    }
}
