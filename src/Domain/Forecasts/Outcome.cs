namespace Portico.Domain.Forecasts;

/// <summary>The outcome of a sports event between two sides.</summary>
public enum Outcome
{
    Win1 = 1,
    Win2 = 2,
    Draw = 3,
}
