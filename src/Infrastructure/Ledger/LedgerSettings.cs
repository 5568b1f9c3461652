using System.Globalization;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Ledger;

/// <summary>Settings of the ledger writer.</summary>
public sealed class LedgerSettings : ISettings
{
    public static string Section => "Ledger";

    /// <summary>The number of concurrent ledger transactions of this process.</summary>
    public int Writers { get; init; } = 1;

    /// <summary>The maximum number of instructions in a transaction.</summary>
    public int MaxBatch { get; init; } = 512;

    /// <summary>The maximum number of waiting instructions; one more gets 503.</summary>
    public int QueueCapacity { get; init; } = 4_096;

    /// <summary>The largest amount of a single movement or hold, in units of its currency.</summary>
    public decimal MaxMovement { get; init; } = 1_000_000_000;

    /// <summary>The maximum number of open holds of a user.</summary>
    public int MaxOpenHolds { get; init; } = 1_000;

    /// <summary>The interval of the search for expired holds.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(5);

    public IEnumerable<string> Problems()
    {
        if (Writers is < 1 or > 8)
            yield return $"Ledger:Writers must be between 1 and 8; it is {Writers}.";
        if (MaxBatch is < 1 or > 2_000)
            yield return $"Ledger:MaxBatch must be between 1 and 2000; it is {MaxBatch}.";
        if (QueueCapacity is < 1 or > 100_000)
            yield return $"Ledger:QueueCapacity must be between 1 and 100000; it is {QueueCapacity}.";
        if (MaxMovement <= 0)
            yield return $"Ledger:MaxMovement must be above 0; it is {MaxMovement.ToString(CultureInfo.InvariantCulture)}.";
        if (MaxOpenHolds is < 1 or > 100_000)
            yield return $"Ledger:MaxOpenHolds must be between 1 and 100000; it is {MaxOpenHolds}.";
        if (SweepInterval < TimeSpan.FromMilliseconds(50) || SweepInterval > TimeSpan.FromMinutes(5))
            yield return $"Ledger:SweepInterval must be between 50 ms and 5 minutes; it is {SweepInterval}.";
    }
}
