using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Idempotency;

/// <summary>How long the answers to idempotency keys are kept, those about money like all others.</summary>
public sealed class IdempotencySettings : ISettings
{
    private static readonly TimeSpan Shortest = TimeSpan.FromDays(90);

    public static string Section => "Idempotency";

    /// <summary>After this long a key may be used again, and then counts as new.</summary>
    public TimeSpan Retention { get; init; } = Shortest;

    public IEnumerable<string> Problems()
    {
        if (Retention < Shortest || Retention > TimeSpan.FromDays(3650))
            yield return $"Idempotency:Retention must be between 90 and 3650 days; it is {Retention}.";
    }
}
