using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Users;

/// <summary>Ends all sessions of a user.</summary>
[RequirePermission(Permissions.UsersManage)]
public sealed record EndUserSessions(Guid Id) : ICommand<Unit>
{
    // No validator: an id without meaning is a user who does not exist.
    public Guid Id { get; } = Id;
}

internal sealed class EndUserSessionsHandler(UserAdministration administration) : ICommandHandler<EndUserSessions, Unit>
{
    public async Task<Result<Unit>> Handle(EndUserSessions command, CancellationToken cancellationToken)
    {
        var ended = await administration.ActAndEndSessions(
            command.Id, AuditActions.UserSessionsEnded, (user, by) => user.EndSessions(by), cancellationToken);
        return ended.Error is { } refusal ? refusal : Unit.Value;
    }
}
