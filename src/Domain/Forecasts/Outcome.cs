namespace Portico.Domain.Forecasts;

/// <summary>How an event between two sides ends.</summary>
public enum Outcome
{
    Win1 = 1,
    Win2 = 2,
    Draw = 3,
}
