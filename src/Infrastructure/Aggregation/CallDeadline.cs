namespace Portico.Infrastructure.Aggregation;

/// <summary>When the answer of a call is of no more use.</summary>
internal sealed class CallDeadline(TimeSpan limit, TimeProvider clock)
{
    private static readonly AsyncLocal<CallDeadline?> Ambient = new();

    // A timer may fire a little early.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(2);

    private readonly long _started = clock.GetTimestamp();

    /// <summary>The deadline of the read that runs here, for the clients of other services.</summary>
    public static CallDeadline? Current
    {
        get => Ambient.Value;
        set => Ambient.Value = value;
    }

    public TimeSpan Left => limit - clock.GetElapsedTime(_started);

    public bool HasPassed => Left <= Tolerance;
}
