using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Answers a sign-in challenge with a code, and signs the user in.</summary>
/// <example>
/// {"challengeId":"pZ8dYpBzv1cO1zNVXv0r0mS5dYxk7wzWq8oQ0x2aF3Uo7TqkTtqgkq3n0a1b2c3d4","method":"addressCode","code":"492816"}
/// </example>
[Anonymous]
public sealed record VerifyChallenge : ICommand<TokensDto>, IOwnTransaction
{
    public required string ChallengeId { get; init; }
    public required ChallengeMethod Method { get; init; }
    public required string Code { get; init; }

    /// <summary>The id of the challenge that the code was sent for, when that is an earlier one of the address.</summary>
    public string? RequestId { get; init; }
}

internal sealed class VerifyChallengeValidator : AbstractValidator<VerifyChallenge>
{
    private const int MaxIdLength = 200;

    public VerifyChallengeValidator()
    {
        RuleFor(c => c.ChallengeId).NotEmpty().MaximumLength(MaxIdLength);
        RuleFor(c => c.Method).IsInEnum();
        RuleFor(c => c.Code).IsCode();
        RuleFor(c => c.RequestId).IsRequestId();
    }
}

internal sealed class VerifyChallengeHandler(
    ISignInChallenges challenges, ISignInThrottle throttle, IAppDbContext db, SignIn signIn, ExternalSignIn external, IClient client)
    : ICommandHandler<VerifyChallenge, TokensDto>
{
    public async Task<Result<TokensDto>> Handle(VerifyChallenge command, CancellationToken cancellationToken)
    {
        if (ExternalSignIn.IsChallenge(command.ChallengeId))
            return await external.Verify(command.ChallengeId, command.Code, cancellationToken);

        var met = await challenges.Verify(
            command.ChallengeId, command.Code, command.RequestId, client.IpAddress, cancellationToken);
        if (met.Error is { } invalid)
            return invalid;

        // Meanwhile the address may belong to another user, or the password may have changed.
        var (address, proved) = met.Value;
        var user = await db.Users.FindByAddress(address, cancellationToken);
        if (user is not { Status: UserStatus.Active } || proved != new ProvenPassword(user.Id, user.SessionVersion))
            return UserErrors.InvalidCode;

        await throttle.Succeeded(address, client.IpAddress, cancellationToken);
        return await signIn.Open(user, cancellationToken);
    }
}
