namespace Portico.Domain.Forecasts;

/// <summary>The status of a sports event.</summary>
public enum EventStatus
{
    /// <summary>The event accepts forecasts.</summary>
    Open = 1,

    /// <summary>The event accepts no more forecasts and has no result yet.</summary>
    Closed = 2,

    /// <summary>The result is set, and the settlement of the forecasts is running.</summary>
    Settling = 3,

    /// <summary>Every forecast is settled.</summary>
    Settled = 4,
}
