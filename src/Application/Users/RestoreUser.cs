using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Users;

/// <summary>Restores a deleted user with the former role and status; a user who is not deleted stays unchanged.</summary>
[RequirePermission(Permissions.UsersManage)]
public sealed record RestoreUser(Guid Id) : ICommand<AccountDto>
{
    // No validator: an id without meaning is a user who does not exist.
    public Guid Id { get; } = Id;
}

internal sealed class RestoreUserHandler(UserAdministration administration) : ICommandHandler<RestoreUser, AccountDto>
{
    public Task<Result<AccountDto>> Handle(RestoreUser command, CancellationToken cancellationToken) => administration.Act(
        command.Id, AuditActions.UserRestored, (user, by) => user.Restore(by), cancellationToken);
}
