using AutoMapper;
using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
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

internal sealed class PlaceForecastHandler(
    IAppDbContext db, IRecordLimits limits, OpenEvents events, ICurrentUser caller, IMapper mapper)
    : ICommandHandler<PlaceForecast, ForecastDto>
{
    public async Task<Result<ForecastDto>> Handle(PlaceForecast command, CancellationToken cancellationToken)
    {
        var unsettled = db.Set<Forecast>().Where(f => f.SettledAt == null);
        if (await limits.RefuseNew(unsettled, EventErrors.TooManyForecasts, cancellationToken) is { } tooMany)
            return tooMany;

        var placed = await events.Change(
            command.EventId,
            (about, now) =>
            {
                var made = Forecast.Place(caller.Id, about, command.Outcome, now);
                if (made.IsSuccess)
                    db.Set<Forecast>().Add(made.Value);
                return made;
            },
            cancellationToken);
        return placed.Error is { } refusal ? refusal : mapper.Map<ForecastDto>(placed.Value);
    }
}
