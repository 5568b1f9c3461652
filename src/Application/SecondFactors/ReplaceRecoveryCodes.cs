using Portico.Application.Auth;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.SecondFactors;

/// <summary>Makes new recovery codes of the caller, and makes the earlier ones invalid; needs a fresh second factor.</summary>
[Authenticated]
public sealed record ReplaceRecoveryCodes : ICommand<RecoveryCodesDto>;

internal sealed class ReplaceRecoveryCodesHandler(
    ISecondFactors factors, SecondFactorProof proof, FreshProof fresh, ICurrentUser caller)
    : ICommandHandler<ReplaceRecoveryCodes, RecoveryCodesDto>
{
    public async Task<Result<RecoveryCodesDto>> Handle(ReplaceRecoveryCodes command, CancellationToken cancellationToken)
    {
        if (!await proof.TryNote(
            caller.Id, SecondFactorChange.RecoveryCodesReplaced, AuditActions.UserRecoveryCodesReplaced, cancellationToken))
            return UserErrors.NotFound;
        if (!(await factors.Find(caller.Id, caller.Claims!.Roles[0], cancellationToken)).HasTotp)
            return SecondFactorErrors.TotpNotFound;
        if (await fresh.Refuse(cancellationToken) is { } refusal)
            return refusal;
        return new RecoveryCodesDto(await factors.ReplaceRecoveryCodes(caller.Id, cancellationToken));
    }
}
