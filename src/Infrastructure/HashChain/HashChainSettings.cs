using System.ComponentModel.DataAnnotations;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.HashChain;

/// <summary>Settings of the hash chain of the ledger.</summary>
public sealed class HashChainSettings : ISettings
{
    private static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxInterval = TimeSpan.FromMinutes(10);

    public static string Section => "HashChain";

    /// <summary>How long after a movement of money its block is sealed; zero seals nothing in this process.</summary>
    public TimeSpan SealInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The maximum number of journals in a block.</summary>
    [Range(1, 50_000)]
    public int MaxBlock { get; init; } = 4_096;

    public IEnumerable<string> Problems()
    {
        if (SealInterval != TimeSpan.Zero && (SealInterval < MinInterval || SealInterval > MaxInterval))
            yield return $"HashChain:SealInterval must be 0, or between 50 ms and 10 minutes; it is {SealInterval}.";
    }
}
