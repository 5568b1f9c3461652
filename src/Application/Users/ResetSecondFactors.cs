using Microsoft.EntityFrameworkCore;
using Portico.Application.Auth;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Users;

/// <summary>
/// Removes the authenticator app, the recovery codes and the passkeys of a user who has lost them, and ends the sessions.
/// </summary>
/// <example>{"reason":"Lost the phone, and came with a passport."}</example>
[RequirePermission(Permissions.UsersManage)]
public sealed record ResetSecondFactors : UserActionFields, ICommand<Unit>;

internal sealed class ResetSecondFactorsValidator : UserActionFieldsValidator<ResetSecondFactors>;

internal sealed class ResetSecondFactorsHandler(UserAdministration administration, IAppDbContext db, ISecondFactors factors)
    : ICommandHandler<ResetSecondFactors, Unit>
{
    public async Task<Result<Unit>> Handle(ResetSecondFactors command, CancellationToken cancellationToken)
    {
        var reset = await administration.ActAndEndSessions(
            command.Id, AuditActions.UserSecondFactorsReset, (user, by) => user.ResetSecondFactors(by), cancellationToken,
            command.Reason);
        if (reset.Error is { } refusal)
            return refusal;

        await factors.RemoveTotp(command.Id, cancellationToken);
        db.Set<Passkey>().RemoveRange(await db.Set<Passkey>().Where(p => p.UserId == command.Id).ToListAsync(cancellationToken));
        return Unit.Value;
    }
}
