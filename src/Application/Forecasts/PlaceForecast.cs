using AutoMapper;
using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Application.Events;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;

namespace Portico.Application.Forecasts;

/// <summary>Creates the caller's forecast of an open sports event.</summary>
/// <example>{"eventId":"01a1fc7e-1111-7915-aa3f-8ae82c4c4ddd","outcome":"win1"}</example>
[Authenticated]
public sealed record PlaceForecast : ICommand<ForecastDto>
{
    public required Guid EventId { get; init; }
    public required Outcome Outcome { get; init; }
}

internal sealed class PlaceForecastValidator : AbstractValidator<PlaceForecast>
{
    public PlaceForecastValidator() => RuleFor(c => c.Outcome).IsInEnum();
}

internal sealed class PlaceForecastHandler(IAppDbContext db, IEventLock events, ICurrentUser caller, IMapper mapper, TimeProvider clock)
    : ICommandHandler<PlaceForecast, ForecastDto>
{
    public async Task<Result<ForecastDto>> Handle(PlaceForecast command, CancellationToken cancellationToken)
    {
        if (await events.Lock(command.EventId, cancellationToken) is not { } about)
            return EventErrors.NotFound;

        var placed = Forecast.Place(caller.Id, about, command.Outcome, clock.GetUtcNow());
        if (placed.Error is { } refusal)
            return refusal;

        db.Set<Forecast>().Add(placed.Value);
        await db.SaveChangesAsync(cancellationToken);
        return mapper.Map<ForecastDto>(placed.Value);
    }
}
