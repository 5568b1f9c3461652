using Portico.Orders.Configuration;

namespace Portico.Orders.Ordering;

/// <summary>The limits of orders and streams.</summary>
internal sealed class OrderSettings : ISettings
{
    public static string Section => "Orders";

    /// <summary>How long an order stays pending; after it the order is cancelled.</summary>
    public TimeSpan PendingLifetime { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How often pending orders whose time is over are looked for.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the id of an order that was cancelled before it came is refused.</summary>
    public TimeSpan RefusedRetention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The pending orders of a user.</summary>
    public int MaxPendingPerUser { get; init; } = 50;

    /// <summary>All orders of a user.</summary>
    public int MaxPerUser { get; init; } = 100_000;

    /// <summary>The open streams of this process.</summary>
    public int MaxStreams { get; init; } = 1_000;

    /// <summary>The open streams of a user in this process.</summary>
    public int MaxStreamsPerUser { get; init; } = 5;

    public IEnumerable<string> Problems()
    {
        if (PendingLifetime < TimeSpan.FromSeconds(1) || PendingLifetime > TimeSpan.FromDays(1))
            yield return "Orders:PendingLifetime must be 1 second to 1 day.";
        if (SweepInterval < TimeSpan.FromMilliseconds(50) || SweepInterval > TimeSpan.FromHours(1))
            yield return "Orders:SweepInterval must be 50 milliseconds to 1 hour.";
        if (RefusedRetention < TimeSpan.FromHours(1) || RefusedRetention > TimeSpan.FromDays(365))
            yield return "Orders:RefusedRetention must be 1 hour to 365 days.";
        if (MaxPerUser is < 1 or > 10_000_000)
            yield return "Orders:MaxPerUser must be 1 to 10000000.";
        if (MaxPendingPerUser < 1 || MaxPendingPerUser > MaxPerUser)
            yield return "Orders:MaxPendingPerUser must be 1 to Orders:MaxPerUser.";
        if (MaxStreams is < 1 or > 100_000)
            yield return "Orders:MaxStreams must be 1 to 100000.";
        if (MaxStreamsPerUser < 1 || MaxStreamsPerUser > MaxStreams)
            yield return "Orders:MaxStreamsPerUser must be 1 to Orders:MaxStreams.";
    }
}
