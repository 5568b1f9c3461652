namespace Portico.Domain.Forecasts;

/// <summary>How far an event has come.</summary>
public enum EventStatus
{
    /// <summary>Forecasts are taken.</summary>
    Open = 1,

    /// <summary>No more forecasts, no result yet.</summary>
    Closed = 2,

    /// <summary>The result is set and the forecasts are being judged.</summary>
    Settling = 3,

    /// <summary>Every forecast is judged.</summary>
    Settled = 4,
}
