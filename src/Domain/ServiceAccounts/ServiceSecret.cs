using Portico.Domain.Common;

namespace Portico.Domain.ServiceAccounts;

/// <summary>A secret with which a service account gets access tokens; only its hash is stored.</summary>
public sealed class ServiceSecret : Entity
{
    /// <summary>How many secrets of an account are valid at the same time: the new one, and the one that it replaces.</summary>
    public const int MaxValid = 2;

    private ServiceSecret(Guid id, Guid accountId, byte[] hash)
        : base(id) => (AccountId, Hash) = (accountId, hash);

    public Guid AccountId { get; private init; }

    public byte[] Hash { get; private init; }

    public DateTimeOffset CreatedAt { get; private init; }

    public DateTimeOffset ExpiresAt { get; private set; }

    /// <summary>When a token was last issued for it; written at most once a minute.</summary>
    public DateTimeOffset? LastUsedAt { get; private init; }

    internal static ServiceSecret Create(Guid accountId, byte[] hash, DateTimeOffset now, DateTimeOffset expiresAt) =>
        new(Ids.New(now), accountId, hash) { CreatedAt = now, ExpiresAt = expiresAt };

    internal void EndBy(DateTimeOffset time)
    {
        if (ExpiresAt > time)
            ExpiresAt = time;
    }
}
