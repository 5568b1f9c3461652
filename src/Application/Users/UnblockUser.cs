using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Users;

/// <summary>Unblocks a user, who can then sign in again; a user who is not blocked stays unchanged.</summary>
/// <example>{"reason":"It was somebody else."}</example>
[RequirePermission(Permissions.UsersManage)]
public sealed record UnblockUser : UserActionFields, ICommand<AccountDto>;

internal sealed class UnblockUserValidator : UserActionFieldsValidator<UnblockUser>;

internal sealed class UnblockUserHandler(UserAdministration administration) : ICommandHandler<UnblockUser, AccountDto>
{
    public Task<Result<AccountDto>> Handle(UnblockUser command, CancellationToken cancellationToken) => administration.Act(
        command.Id, AuditActions.UserUnblocked, (user, by) => user.Unblock(by), cancellationToken, command.Reason);
}
