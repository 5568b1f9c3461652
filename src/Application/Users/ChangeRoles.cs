using FluentValidation;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Users;

/// <summary>Gives a user a new role: the highest of the named roles, which includes the lower ones.</summary>
/// <remarks>Access tokens with the old role become invalid; sessions continue and get the new role at the next refresh.</remarks>
/// <example>{"roles":["manager","user"],"reason":"Looks after the forecasts."}</example>
[RequirePermission(Permissions.UsersManage)]
public sealed record ChangeRoles : UserActionFields, ICommand<AccountDto>
{
    public required IReadOnlyList<Role> Roles { get; init; }
}

internal sealed class ChangeRolesValidator : UserActionFieldsValidator<ChangeRoles>
{
    public ChangeRolesValidator() => RuleFor(c => c.Roles)
        .Must(roles => roles.Count > 0 && roles.Distinct().Count() == roles.Count && roles.All(Enum.IsDefined))
        .WithMessage("Name one or more roles, each once.");
}

internal sealed class ChangeRolesHandler(UserAdministration administration) : ICommandHandler<ChangeRoles, AccountDto>
{
    public Task<Result<AccountDto>> Handle(ChangeRoles command, CancellationToken cancellationToken) => administration.Act(
        command.Id, AuditActions.UserRoleChanged, (user, by) => user.AssignRole(command.Roles.Max(), by), cancellationToken,
        command.Reason);
}
