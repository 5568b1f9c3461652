using Portico.Application.Auth;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.SecondFactors;

/// <summary>Removes the authenticator app and the recovery codes of the caller; needs a fresh second factor.</summary>
[Authenticated]
public sealed record RemoveTotp : ICommand<Unit>;

internal sealed class RemoveTotpHandler(ISecondFactors factors, SecondFactorProof proof, FreshProof fresh, ICurrentUser caller)
    : ICommandHandler<RemoveTotp, Unit>
{
    public async Task<Result<Unit>> Handle(RemoveTotp command, CancellationToken cancellationToken)
    {
        // The change of the user is the lock: of two removals at the same time one is tried again, and reads what is left.
        if (!await proof.TryNote(caller.Id, SecondFactorChange.TotpRemoved, AuditActions.UserTotpRemoved, cancellationToken))
            return UserErrors.NotFound;

        var has = await factors.Find(caller.Id, caller.Claims!.Roles[0], cancellationToken);
        if (!has.HasTotp)
            return SecondFactorErrors.TotpNotFound;
        if (await fresh.Refuse(cancellationToken) is { } refusal)
            return refusal;
        if (has.IsRequired && has.Passkeys == 0)
            return SecondFactorErrors.LastSecondFactor;

        await factors.RemoveTotp(caller.Id, cancellationToken);
        return Unit.Value;
    }
}
