using AutoMapper;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Application.Events;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;

namespace Portico.Application.Forecasts;

/// <summary>Restores the caller's deleted forecast while its event is still open.</summary>
[Authenticated]
public sealed record RestoreForecast(Guid Id) : ICommand<ForecastDto>;

internal sealed class RestoreForecastHandler(IAppDbContext db, IEventLock events, IMapper mapper, TimeProvider clock)
    : ICommandHandler<RestoreForecast, ForecastDto>
{
    public async Task<Result<ForecastDto>> Handle(RestoreForecast command, CancellationToken cancellationToken)
    {
        var found = await db.Set<Forecast>().WithDeleted().Get(command.Id, cancellationToken);
        if (found.Error is { } refusal)
            return refusal;
        if (await events.Lock(found.Value.EventId, cancellationToken) is not { } about)
            return EventErrors.NotFound;

        var allowed = found.Value.AllowChange(about, clock.GetUtcNow());
        if (allowed.Error is { } tooLate)
            return tooLate;

        found.Value.Restore();
        await db.SaveChangesAsync(cancellationToken);
        return mapper.Map<ForecastDto>(found.Value);
    }
}
