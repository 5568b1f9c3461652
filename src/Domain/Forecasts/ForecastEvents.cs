using Portico.Domain.Common;

namespace Portico.Domain.Forecasts;

/// <summary>A sports event was closed and accepts no more forecasts.</summary>
public sealed record EventClosed(Guid EventId, string Title) : IDomainEvent
{
    public static string Name => "event.closed.v1";
}

/// <summary>The result of a sports event was set; the settlement of its forecasts begins.</summary>
public sealed record EventResultSet(Guid EventId, string Title, Outcome Result) : IDomainEvent
{
    public static string Name => "event.result-set.v1";
}

/// <summary>Every forecast of a sports event is settled.</summary>
public sealed record EventForecastsSettled(Guid EventId) : IDomainEvent
{
    public static string Name => "event.forecasts-settled.v1";
}

/// <summary>A forecast got its points by the result of its event.</summary>
public sealed record ForecastSettled(
    Guid ForecastId, Guid UserId, Guid EventId, string EventTitle, Outcome Forecast, Outcome Result, int Points) : IDomainEvent
{
    public static string Name => "forecast.settled.v1";
}
