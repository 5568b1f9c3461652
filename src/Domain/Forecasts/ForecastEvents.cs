using Portico.Domain.Common;

namespace Portico.Domain.Forecasts;

/// <summary>An event takes no more forecasts.</summary>
public sealed record EventClosed(Guid EventId, string Title) : IDomainEvent
{
    public static string Name => "event.closed.v1";
}

/// <summary>An event has its result; its forecasts are judged by it from now on.</summary>
public sealed record EventResultSet(Guid EventId, string Title, Outcome Result) : IDomainEvent
{
    public static string Name => "event.result-set.v1";
}

/// <summary>Every forecast of an event is judged.</summary>
public sealed record EventForecastsSettled(Guid EventId) : IDomainEvent
{
    public static string Name => "event.forecasts-settled.v1";
}

/// <summary>A forecast was judged by the result of its event.</summary>
public sealed record ForecastSettled(
    Guid ForecastId, Guid UserId, Guid EventId, string EventTitle, Outcome Forecast, Outcome Result, int Points) : IDomainEvent
{
    public static string Name => "forecast.settled.v1";
}
