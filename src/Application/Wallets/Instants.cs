namespace Portico.Application.Wallets;

/// <summary>Times as the API writes them: in whole milliseconds, while the ledger is more precise.</summary>
/// <remarks>A time of a request means its whole millisecond, so the <c>createdAt</c> of an entry finds that entry.</remarks>
internal static class Instants
{
    /// <summary>Later than every recorded time of any clock.</summary>
    public static readonly DateTimeOffset Open = DateTimeOffset.MaxValue;

    public static DateTimeOffset Millisecond(DateTimeOffset instant) =>
        new(instant.UtcTicks - (instant.UtcTicks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero);

    /// <summary>The next millisecond.</summary>
    public static DateTimeOffset After(DateTimeOffset millisecond) =>
        millisecond.UtcTicks < Open.UtcTicks - TimeSpan.TicksPerMillisecond ? millisecond.AddMilliseconds(1) : Open;
}
