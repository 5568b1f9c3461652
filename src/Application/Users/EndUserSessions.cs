using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Users;

/// <summary>Signs a person out everywhere.</summary>
[RequirePermission(Permissions.UsersManage)]
public sealed record EndUserSessions(Guid Id) : ICommand<Unit>
{
    // Nothing to validate: an id that makes no sense is a person who does not exist.
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
