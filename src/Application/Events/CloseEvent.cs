using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;

namespace Portico.Application.Events;

/// <summary>Closes a sports event for forecasts now.</summary>
[RequirePermission(Permissions.EventsWrite)]
public sealed record CloseEvent(Guid Id) : ICommand<EventDto>;

internal sealed class CloseEventHandler(IAppDbContext db, TimeProvider clock) : ICommandHandler<CloseEvent, EventDto>
{
    public async Task<Result<EventDto>> Handle(CloseEvent command, CancellationToken cancellationToken)
    {
        var found = await db.Set<SportEvent>().Get(command.Id, cancellationToken);
        if (found.Error is { } refusal)
            return refusal;

        found.Value.Close(clock.GetUtcNow());
        await db.SaveChangesAsync(cancellationToken);
        return EventDto.Of(found.Value, clock.GetUtcNow());
    }
}
