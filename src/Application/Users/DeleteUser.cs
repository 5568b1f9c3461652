using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Users;

/// <summary>Deletes a person, who can be restored; their sessions end, and their address stays theirs for the retention time.</summary>
/// <remarks>One who is deleted already stays so.</remarks>
[RequirePermission(Permissions.UsersManage)]
public sealed record DeleteUser(Guid Id) : ICommand<Unit>
{
    // Nothing to validate: an id that makes no sense is a person who does not exist.
    public Guid Id { get; } = Id;
}

internal sealed class DeleteUserHandler(UserAdministration administration, TimeProvider clock) : ICommandHandler<DeleteUser, Unit>
{
    public async Task<Result<Unit>> Handle(DeleteUser command, CancellationToken cancellationToken)
    {
        var deleted = await administration.ActAndEndSessions(
            command.Id, AuditActions.UserDeleted, (user, by) => user.Delete(by, clock.GetUtcNow()), cancellationToken);
        return deleted.Error is { } refusal ? refusal : Unit.Value;
    }
}
