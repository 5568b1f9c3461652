using Microsoft.EntityFrameworkCore;
using Portico.Application.Auth;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Users;

/// <summary>Restores a deleted user with the former role, status and wallets; a user who is not deleted stays unchanged.</summary>
/// <example>{"reason":"Deleted by mistake."}</example>
[RequirePermission(Permissions.UsersManage)]
public sealed record RestoreUser : UserActionFields, ICommand<AccountDto>;

internal sealed class RestoreUserValidator : UserActionFieldsValidator<RestoreUser>;

internal sealed class RestoreUserHandler(UserAdministration administration, IAccounts accounts, IAppDbContext db, IPasskeys passkeys)
    : ICommandHandler<RestoreUser, AccountDto>
{
    public async Task<Result<AccountDto>> Handle(RestoreUser command, CancellationToken cancellationToken)
    {
        // While passkeys are off they let nobody in.
        var hasPasskey = passkeys.RelyingParty is not null
            && await db.Set<Passkey>().AnyAsync(p => p.UserId == command.Id, cancellationToken);
        var wasDeleted = false;
        var restored = await administration.Act(
            command.Id,
            AuditActions.UserRestored,
            (user, by) =>
            {
                wasDeleted = user.DeletedAt is not null;
                return user.Restore(by, hasPasskey);
            },
            cancellationToken,
            command.Reason);
        // Only together with a change of the user, whose version shows a deletion that runs at the same time.
        if (restored.IsSuccess && wasDeleted)
            await accounts.ReopenAll(command.Id, cancellationToken);
        return restored;
    }
}
