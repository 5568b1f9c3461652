using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Auth;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.SecondFactors;

/// <summary>Activates the new authenticator app with its first code; from now on a password alone gives no tokens.</summary>
/// <remarks>Sessions continue. The code is used: a sign-in needs the next one.</remarks>
/// <example>{"code":"492816"}</example>
[Authenticated]
public sealed record ConfirmTotp : ICommand<RecoveryCodesDto>, IOwnTransaction
{
    public required string Code { get; init; }
}

/// <summary>The recovery codes, which are shown once; each works once.</summary>
/// <example>{"recoveryCodes":["MFRG-GZDF-MZTW-Q2LK","NRXW-4Z3I-OB2G-65LM"]}</example>
public sealed record RecoveryCodesDto(IReadOnlyList<string> RecoveryCodes);

internal sealed class ConfirmTotpValidator : AbstractValidator<ConfirmTotp>
{
    public ConfirmTotpValidator() => RuleFor(c => c.Code).IsCode();
}

internal sealed class ConfirmTotpHandler(
    IAppDbContext db, ISecondFactors factors, SecondFactorProof proof, ISessions sessions, ITransaction transaction, ICurrentUser caller)
    : ICommandHandler<ConfirmTotp, RecoveryCodesDto>
{
    public async Task<Result<RecoveryCodesDto>> Handle(ConfirmTotp command, CancellationToken cancellationToken)
    {
        if (await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == caller.Id, cancellationToken) is not { } user)
            return UserErrors.InvalidCode;

        // The session need not be fresh here, so its tries are counted: with a stolen one somebody could guess the first code of the owner.
        var confirmed = await proof.Count(
            user,
            challengeId: null,
            () => transaction.Run<Result<RecoveryCodesDto>>(token => Confirm(command.Code, token), cancellationToken),
            cancellationToken);
        if (confirmed.IsSuccess)
            await sessions.ProveSecondFactorAfterCommit(caller.Id, caller.SessionId, cancellationToken);
        return confirmed;
    }

    private async Task<Result<RecoveryCodesDto>> Confirm(string code, CancellationToken cancellationToken)
    {
        var proved = await proof.Confirm(caller.Id, code, cancellationToken);
        return proved.Error is { } wrong ? wrong : new RecoveryCodesDto(await factors.ReplaceRecoveryCodes(caller.Id, cancellationToken));
    }
}
