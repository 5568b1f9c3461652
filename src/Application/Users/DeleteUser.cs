using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Users;

/// <summary>
/// Deletes a user without money, who can be restored; all sessions end, and the address stays reserved for the retention time.
/// </summary>
/// <remarks>A user who is already deleted stays deleted.</remarks>
/// <example>{"reason":"Asked for it by letter."}</example>
[RequirePermission(Permissions.UsersManage)]
public sealed record DeleteUser : UserActionFields, ICommand<Unit>;

internal sealed class DeleteUserValidator : UserActionFieldsValidator<DeleteUser>;

internal sealed class DeleteUserHandler(
    UserAdministration administration, IAccounts accounts, ExternalLogins logins, TimeProvider clock)
    : ICommandHandler<DeleteUser, Unit>
{
    public async Task<Result<Unit>> Handle(DeleteUser command, CancellationToken cancellationToken)
    {
        var wasDeleted = false;
        var deleted = await administration.ActAndEndSessions(
            command.Id,
            AuditActions.UserDeleted,
            (user, by) =>
            {
                wasDeleted = user.DeletedAt is not null;
                return user.Delete(by, clock.GetUtcNow());
            },
            cancellationToken,
            command.Reason);
        if (deleted.Error is { } refusal)
            return refusal;

        await logins.RemoveAll(command.Id, cancellationToken);
        return wasDeleted || await accounts.TryCloseAll(command.Id, cancellationToken) ? Unit.Value : UserErrors.WalletsNotEmpty;
    }
}
