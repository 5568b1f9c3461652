using System.ComponentModel.DataAnnotations;
using Portico.Infrastructure.Configuration;

namespace Portico.Orders.Ordering;

/// <summary>The limits of orders and streams.</summary>
internal sealed class OrderSettings : ISettings
{
    public static string Section => "Orders";

    /// <summary>How long an order stays pending; after it the order is cancelled.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan PendingLifetime { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How often pending orders whose time is over are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "01:00:00")]
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the id of an order that was cancelled before it came is refused.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "365.00:00:00")]
    public TimeSpan RefusedRetention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The pending orders of a user.</summary>
    [Range(1, 10_000_000)]
    public int MaxPendingPerUser { get; init; } = 50;

    /// <summary>All orders of a user.</summary>
    [Range(1, 10_000_000)]
    public int MaxPerUser { get; init; } = 100_000;

    /// <summary>The open streams of this process.</summary>
    [Range(1, 100_000)]
    public int MaxStreams { get; init; } = 1_000;

    /// <summary>The open streams of a user in this process.</summary>
    [Range(1, 100_000)]
    public int MaxStreamsPerUser { get; init; } = 5;

    public IEnumerable<string> Problems()
    {
        if (MaxPendingPerUser > MaxPerUser)
            yield return $"Orders:MaxPendingPerUser must be at most Orders:MaxPerUser; it is {MaxPendingPerUser}.";
        if (MaxStreamsPerUser > MaxStreams)
            yield return $"Orders:MaxStreamsPerUser must be at most Orders:MaxStreams; it is {MaxStreamsPerUser}.";
    }
}
