using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Aggregation;

/// <summary>How long the dashboard waits, and what it keeps.</summary>
public sealed class DashboardSettings : ISettings
{
    private const long MostBytes = 4L * 1024 * 1024 * 1024;
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestAge = TimeSpan.FromDays(1);

    public static string Section => "Dashboard";

    /// <summary>How long a page may take; a part has its share of it.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The same for a stream of parts, which shows each part as soon as it is ready.</summary>
    public TimeSpan StreamDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a stream shows that it is alive while no part is ready.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How old the last good copy of a part may be; 0 keeps no copies.</summary>
    public TimeSpan MaxStale { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How much memory the last good copies of all callers may take; further copies are not kept.</summary>
    public long MaxCopyBytes { get; init; } = 32 * 1024 * 1024;

    public IEnumerable<string> Problems()
    {
        if (Deadline <= TimeSpan.Zero || Deadline > LongestWait)
            yield return $"Dashboard:Deadline must be more than 0 and at most {LongestWait:c}.";
        if (StreamDeadline < Deadline || StreamDeadline > LongestWait)
            yield return $"Dashboard:StreamDeadline must be at least Dashboard:Deadline and at most {LongestWait:c}.";
        if (Heartbeat <= TimeSpan.Zero || Heartbeat > LongestWait)
            yield return $"Dashboard:Heartbeat must be more than 0 and at most {LongestWait:c}.";
        if (MaxStale < TimeSpan.Zero || MaxStale > LongestAge)
            yield return $"Dashboard:MaxStale must be 0 to {LongestAge:c}.";
        if (MaxCopyBytes is < 0 or > MostBytes)
            yield return $"Dashboard:MaxCopyBytes must be 0 to {MostBytes}.";
    }
}
