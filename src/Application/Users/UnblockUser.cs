using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Users;

/// <summary>Lets a blocked person sign in again; one who is not blocked stays as they are.</summary>
[RequirePermission(Permissions.UsersManage)]
public sealed record UnblockUser(Guid Id) : ICommand<AccountDto>
{
    // Nothing to validate: an id that makes no sense is a person who does not exist.
    public Guid Id { get; } = Id;
}

internal sealed class UnblockUserHandler(UserAdministration administration) : ICommandHandler<UnblockUser, AccountDto>
{
    public Task<Result<AccountDto>> Handle(UnblockUser command, CancellationToken cancellationToken) => administration.Act(
        command.Id, AuditActions.UserUnblocked, (user, by) => user.Unblock(by), cancellationToken);
}
