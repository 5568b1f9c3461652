using FluentValidation;
using Portico.Application.Auth;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

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
    ISecondFactors factors, SecondFactorProof proof, ISessions sessions, ITransaction transaction, ICurrentUser caller)
    : ICommandHandler<ConfirmTotp, RecoveryCodesDto>
{
    public async Task<Result<RecoveryCodesDto>> Handle(ConfirmTotp command, CancellationToken cancellationToken)
    {
        var confirmed = await transaction.Run<Result<RecoveryCodesDto>>(
            async token =>
            {
                var proved = await proof.Confirm(caller.Id, command.Code, token);
                return proved.Error is { } wrong
                    ? wrong
                    : new RecoveryCodesDto(await factors.ReplaceRecoveryCodes(caller.Id, token));
            },
            cancellationToken);
        if (confirmed.IsSuccess)
            await sessions.ProveSecondFactorAfterCommit(caller.Id, caller.SessionId, cancellationToken);
        return confirmed;
    }
}
