using System.Text.Json.Serialization;
using AutoMapper;
using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;

namespace Portico.Application.Forecasts;

/// <summary>Changes the caller's forecast while its event is still open.</summary>
/// <example>{"outcome":"draw"}</example>
[Authenticated]
public sealed record ChangeForecast : ICommand<ForecastDto>
{
    [JsonIgnore]
    public Guid Id { get; init; }

    [JsonIgnore]
    public IfMatch IfMatch { get; init; } = IfMatch.Missing;

    public required Outcome Outcome { get; init; }
}

internal sealed class ChangeForecastValidator : AbstractValidator<ChangeForecast>
{
    public ChangeForecastValidator() => RuleFor(c => c.Outcome).IsInEnum();
}

internal sealed class ChangeForecastHandler(IAppDbContext db, OpenEvents events, IMapper mapper)
    : ICommandHandler<ChangeForecast, ForecastDto>
{
    public async Task<Result<ForecastDto>> Handle(ChangeForecast command, CancellationToken cancellationToken)
    {
        var found = await db.Set<Forecast>().Get(command.Id, command.IfMatch, cancellationToken);
        if (found.Error is { } refusal)
            return refusal;

        var change = await events.Change(
            found.Value.EventId, (about, now) => found.Value.Change(about, command.Outcome, now), cancellationToken);
        return change.Error is { } tooLate ? tooLate : mapper.Map<ForecastDto>(found.Value);
    }
}
