using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Users;

/// <summary>Brings a deleted person back with the role and the standing that they had; one who is not deleted stays as they are.</summary>
[RequirePermission(Permissions.UsersManage)]
public sealed record RestoreUser(Guid Id) : ICommand<AccountDto>
{
    // Nothing to validate: an id that makes no sense is a person who does not exist.
    public Guid Id { get; } = Id;
}

internal sealed class RestoreUserHandler(UserAdministration administration) : ICommandHandler<RestoreUser, AccountDto>
{
    public Task<Result<AccountDto>> Handle(RestoreUser command, CancellationToken cancellationToken) => administration.Act(
        command.Id, AuditActions.UserRestored, (user, by) => user.Restore(by), cancellationToken);
}
