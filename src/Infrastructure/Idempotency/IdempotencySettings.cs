using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Idempotency;

/// <summary>Settings of the idempotency store, also for the keys of the ledger.</summary>
public sealed class IdempotencySettings : ISettings
{
    private static readonly TimeSpan Shortest = TimeSpan.FromDays(90);

    public static string Section => "Idempotency";

    /// <summary>How long an answer is stored; after this time the key is new again.</summary>
    public TimeSpan Retention { get; init; } = Shortest;

    public IEnumerable<string> Problems()
    {
        if (Retention < Shortest || Retention > TimeSpan.FromDays(3650))
            yield return $"Idempotency:Retention must be between 90 and 3650 days; it is {Retention}.";
    }
}
