using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Users;

/// <summary>Ends all sessions of a user.</summary>
/// <example>{"reason":"The phone was stolen."}</example>
[RequirePermission(Permissions.UsersManage)]
public sealed record EndUserSessions : UserActionFields, ICommand<Unit>;

internal sealed class EndUserSessionsValidator : UserActionFieldsValidator<EndUserSessions>;

internal sealed class EndUserSessionsHandler(UserAdministration administration) : ICommandHandler<EndUserSessions, Unit>
{
    public async Task<Result<Unit>> Handle(EndUserSessions command, CancellationToken cancellationToken)
    {
        var ended = await administration.ActAndEndSessions(
            command.Id, AuditActions.UserSessionsEnded, (user, by) => user.EndSessions(by), cancellationToken, command.Reason);
        return ended.Error is { } refusal ? refusal : Unit.Value;
    }
}
