using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Ledger;

/// <summary>Settings of the ledger writer.</summary>
public sealed class LedgerSettings : ISettings
{
    public static string Section => "Ledger";

    /// <summary>The number of concurrent ledger transactions of this process.</summary>
    [Range(1, 8)]
    public int Writers { get; init; } = 1;

    /// <summary>The maximum number of instructions in a transaction.</summary>
    [Range(1, 2_000)]
    public int MaxBatch { get; init; } = 512;

    /// <summary>The maximum number of waiting instructions; one more gets 503.</summary>
    [Range(1, 100_000)]
    public int QueueCapacity { get; init; } = 4_096;

    /// <summary>
    /// The maximum number of accounts that a writer remembers, so that it need not lock and read them for a transfer, a deposit or a
    /// withdrawal; 0 remembers none.
    /// </summary>
    [Range(0, 1_000_000)]
    public int RememberedAccounts { get; init; } = 50_000;

    /// <summary>The largest amount of a single movement or hold, in units of its currency.</summary>
    public decimal MaxMovement { get; init; } = 1_000_000_000;

    /// <summary>The maximum number of open holds of a user.</summary>
    [Range(1, 100_000)]
    public int MaxOpenHolds { get; init; } = 1_000;

    /// <summary>The interval of the search for expired holds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:05:00")]
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(5);

    public IEnumerable<string> Problems()
    {
        if (MaxMovement <= 0)
            yield return $"Ledger:MaxMovement must be above 0; it is {MaxMovement.ToString(CultureInfo.InvariantCulture)}.";
    }
}
