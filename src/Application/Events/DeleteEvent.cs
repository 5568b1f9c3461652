using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;

namespace Portico.Application.Events;

/// <summary>Deletes a sports event that has no result yet; it can be restored.</summary>
[RequirePermission(Permissions.EventsWrite)]
public sealed record DeleteEvent(Guid Id, IfMatch IfMatch) : ICommand<Unit>;

internal sealed class DeleteEventHandler(IAppDbContext db) : ICommandHandler<DeleteEvent, Unit>
{
    public async Task<Result<Unit>> Handle(DeleteEvent command, CancellationToken cancellationToken)
    {
        var found = await db.Set<SportEvent>().Get(command.Id, command.IfMatch, cancellationToken);
        if (found.Error is { } refusal)
            return refusal;

        var allowed = found.Value.AllowDeletion();
        if (allowed.IsSuccess)
            db.Set<SportEvent>().Remove(found.Value);
        return allowed;
    }
}
