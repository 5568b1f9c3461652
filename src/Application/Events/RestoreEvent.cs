using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;

namespace Portico.Application.Events;

/// <summary>Restores a deleted sports event.</summary>
[RequirePermission(Permissions.EventsWrite)]
public sealed record RestoreEvent(Guid Id) : ICommand<EventDto>;

internal sealed class RestoreEventHandler(IAppDbContext db, TimeProvider clock) : ICommandHandler<RestoreEvent, EventDto>
{
    public async Task<Result<EventDto>> Handle(RestoreEvent command, CancellationToken cancellationToken)
    {
        var found = await db.Set<SportEvent>().WithDeleted().Get(command.Id, cancellationToken);
        if (found.Error is { } refusal)
            return refusal;

        found.Value.Restore();
        await db.SaveChangesAsync(cancellationToken);
        return EventDto.Of(found.Value, clock.GetUtcNow());
    }
}
