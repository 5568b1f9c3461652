using AutoMapper;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;

namespace Portico.Application.Forecasts;

/// <summary>Restores the caller's deleted forecast while its event is still open.</summary>
[Authenticated]
public sealed record RestoreForecast(Guid Id) : ICommand<ForecastDto>;

internal sealed class RestoreForecastHandler(IAppDbContext db, IRecordLimits limits, OpenEvents events, IMapper mapper)
    : ICommandHandler<RestoreForecast, ForecastDto>
{
    public async Task<Result<ForecastDto>> Handle(RestoreForecast command, CancellationToken cancellationToken)
    {
        var found = await db.Set<Forecast>().WithDeleted().Get(command.Id, cancellationToken);
        if (found.Error is { } refusal)
            return refusal;

        var unsettled = db.Set<Forecast>().Where(f => f.SettledAt == null);
        if (found.Value.DeletedAt is not null
            && await limits.RefuseRestored(unsettled, EventErrors.TooManyForecasts, cancellationToken) is { } tooMany)
            return tooMany;

        var restored = await events.Change(
            found.Value.EventId,
            (about, now) =>
            {
                var allowed = found.Value.AllowChange(about, now);
                if (allowed.IsSuccess)
                    found.Value.Restore();
                return allowed;
            },
            cancellationToken);
        return restored.Error is { } tooLate ? tooLate : mapper.Map<ForecastDto>(found.Value);
    }
}
