using System.ComponentModel.DataAnnotations;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Aggregation;

/// <summary>How long the dashboard waits, and what it keeps.</summary>
public sealed class DashboardSettings : ISettings
{
    public static string Section => "Dashboard";

    /// <summary>How long a page may take; a part has its share of it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The same for a stream of parts, which shows each part as soon as it is ready.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan StreamDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a stream shows that it is alive while no part is ready.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How old the last good copy of a part may be; 0 keeps no copies.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan MaxStale { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How much memory the last good copies of all callers may take; further copies are not kept.</summary>
    [Range(typeof(long), "0", "4294967296")]
    public long MaxCopyBytes { get; init; } = 32 * 1024 * 1024;

    public IEnumerable<string> Problems()
    {
        if (StreamDeadline < Deadline)
            yield return $"Dashboard:StreamDeadline must be at least Dashboard:Deadline; it is {StreamDeadline}.";
    }
}
