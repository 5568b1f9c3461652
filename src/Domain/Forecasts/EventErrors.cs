using Portico.Domain.Common;

namespace Portico.Domain.Forecasts;

/// <summary>The errors of sports events and forecasts.</summary>
public static class EventErrors
{
    public static readonly Error NotFound = new(ErrorKind.NotFound, "not_found", "There is no such event.");

    public static readonly Error ResultAlreadySet =
        new(ErrorKind.Conflict, "result_already_set", "The result of this event is already set and can't be changed.");

    public static readonly Error Closed = new(
        ErrorKind.Conflict, "event_closed", "This event is closed. Its forecasts can't be changed any more.");

    public static readonly Error ConflictOfInterest = new(
        ErrorKind.Unprocessable,
        "conflict_of_interest",
        "You have a forecast for this event. Another manager must open it again or set its result.");

    public static readonly Error TooManyForecasts =
        new(ErrorKind.Conflict, "too_many_forecasts", "You have as many unsettled forecasts as are allowed.");

    public static readonly Error AlreadyForecast =
        new(ErrorKind.Conflict, "already_forecast", "You already have a forecast for this event. Change that one.");
}
