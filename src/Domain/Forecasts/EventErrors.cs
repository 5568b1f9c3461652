using Portico.Domain.Common;

namespace Portico.Domain.Forecasts;

/// <summary>What can be refused about events and forecasts.</summary>
public static class EventErrors
{
    public static readonly Error NotFound = new(ErrorKind.NotFound, "not_found", "There is no such event.");

    public static readonly Error ResultAlreadySet =
        new(ErrorKind.Conflict, "result_already_set", "The result of this event is set for good.");

    public static readonly Error Closed = new(
        ErrorKind.Conflict, "event_closed", "This event is closed: its forecasts can't be changed any more.");

    public static readonly Error AlreadyForecast =
        new(ErrorKind.Conflict, "already_forecast", "You have a forecast for this event. Change that one.");
}
