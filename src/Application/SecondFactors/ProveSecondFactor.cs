using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Auth;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.SecondFactors;

/// <summary>Proves a second factor of the caller again, before a change that needs a fresh one.</summary>
/// <example>{"method":"totp","code":"492816"}</example>
[Authenticated]
public sealed record ProveSecondFactor : ICommand<Unit>, IHasProof, IOwnTransaction
{
    /// <summary><c>totp</c>, <c>recoveryCode</c> or <c>passkey</c>.</summary>
    public required ChallengeMethod Method { get; init; }

    /// <summary>The code; for the method <c>passkey</c> nothing.</summary>
    public string? Code { get; init; }

    /// <summary>
    /// The result of <c>navigator.credentials.get()</c> for the method <c>passkey</c>; its options are those of <c>passkeys/options</c>.
    /// </summary>
    public PasskeyAssertion? Passkey { get; init; }
}

internal sealed class ProveSecondFactorValidator : AbstractValidator<ProveSecondFactor>
{
    public ProveSecondFactorValidator()
    {
        RuleFor(c => c.Method).NotEqual(ChallengeMethod.AddressCode).WithMessage("Use totp, recoveryCode or passkey.");
        this.HasProof();
    }
}

internal sealed class ProveSecondFactorHandler(IAppDbContext db, SecondFactorProof proof, ISessions sessions, ICurrentUser caller)
    : ICommandHandler<ProveSecondFactor, Unit>
{
    public async Task<Result<Unit>> Handle(ProveSecondFactor command, CancellationToken cancellationToken)
    {
        if (await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == caller.Id, cancellationToken) is not { } user)
            return UserErrors.NotFound;

        var proved = await proof.Verify(user, command, challengeId: null, cancellationToken);
        if (proved.IsSuccess)
            await sessions.ProveSecondFactor(caller.Id, caller.SessionId, cancellationToken);
        return proved;
    }
}
