using System.ComponentModel.DataAnnotations;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Idempotency;

/// <summary>Settings of the idempotency store, also for the keys of the ledger.</summary>
public sealed class IdempotencySettings : ISettings
{
    public static string Section => "Idempotency";

    /// <summary>How long an answer is stored; after this time the key is new again.</summary>
    [Range(typeof(TimeSpan), "90.00:00:00", "3650.00:00:00")]
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(90);
}
