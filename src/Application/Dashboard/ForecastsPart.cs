using Portico.Application.Common.Messaging;
using Portico.Application.Events;
using Portico.Application.Forecasts;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;

namespace Portico.Application.Dashboard;

/// <summary>The newest forecasts of the caller, and sports events that are open for forecasts.</summary>
[DashboardPart("forecasts", Share = 0.8, IsCacheable = true)]
internal sealed class ForecastsPart(ISender sender) : IDashboardPart<ForecastsPartDto>
{
    private const int Most = 10;

    public async Task<Result<ForecastsPartDto>> Read(CancellationToken cancellationToken)
    {
        var forecasts = await sender.Send(new ListForecasts { Limit = Most }, cancellationToken);
        if (forecasts.Error is { } refused)
            return refused;

        var events = await sender.Send(new ListEvents { Status = EventStatus.Open, Limit = Most }, cancellationToken);
        return events.Error is { } error ? error : new ForecastsPartDto(forecasts.Value.Items, events.Value.Items);
    }
}

/// <summary>The newest forecasts of the caller, and sports events that are open for forecasts.</summary>
public sealed record ForecastsPartDto(IReadOnlyList<ForecastDto> Items, IReadOnlyList<EventDto> OpenEvents);
