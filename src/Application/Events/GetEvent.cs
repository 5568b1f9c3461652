using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Caching;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;

namespace Portico.Application.Events;

/// <summary>Gets a sports event.</summary>
[Authenticated]
[Cached(10)]
[DependsOn(typeof(SportEvent))]
public sealed record GetEvent(Guid Id) : IQuery<EventDto>;

internal sealed class GetEventHandler(IAppDbContext db, TimeProvider clock) : IQueryHandler<GetEvent, EventDto>
{
    public async Task<Result<EventDto>> Handle(GetEvent query, CancellationToken cancellationToken)
    {
        var found = await db.Set<SportEvent>().AsNoTracking().Get(query.Id, cancellationToken);
        return found.Error is { } refusal ? refusal : EventDto.Of(found.Value, clock.GetUtcNow());
    }
}
