namespace Portico.Application.Wallets;

/// <summary>Instants as the API writes them: to the millisecond, while the ledger's times are finer.</summary>
/// <remarks>So a time that a client took from an answer means the whole of that millisecond, and finds what it was taken from.</remarks>
internal static class Instants
{
    /// <summary>Later than all that was recorded, by whichever clock.</summary>
    public static readonly DateTimeOffset Open = DateTimeOffset.MaxValue;

    public static DateTimeOffset Millisecond(DateTimeOffset instant) =>
        new(instant.UtcTicks - (instant.UtcTicks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero);

    /// <summary>The first instant after a millisecond.</summary>
    public static DateTimeOffset After(DateTimeOffset millisecond) =>
        millisecond.UtcTicks < Open.UtcTicks - TimeSpan.TicksPerMillisecond ? millisecond.AddMilliseconds(1) : Open;
}
