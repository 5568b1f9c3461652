using Portico.Domain.Common;

namespace Portico.Domain.ServiceAccounts;

/// <summary>Another service that calls Portico as itself, with permissions of its own.</summary>
public sealed class ServiceAccount : AggregateRoot, IAuditable, ISoftDeletable
{
    public const int MaxAccounts = 100;
    public const int MaxNameLength = 100;

    private ServiceAccount(Guid id, string name, string[] permissions)
        : base(id) => (Name, Permissions) = (name, permissions);

    public string Name { get; private init; }

    /// <summary>What it may do, in ordinal order.</summary>
    public string[] Permissions { get; private init; }

    /// <summary>How many secrets it has ever had. Each new one changes it, so that of two at the same time one is tried again.</summary>
    public int SecretsMade { get; private set; }

    public DateTimeOffset CreatedAt { get; private init; }
    public Guid? CreatedBy { get; private init; }
    public DateTimeOffset? UpdatedAt { get; private init; }
    public Guid? UpdatedBy { get; private init; }
    public DateTimeOffset? DeletedAt { get; private init; }
    public Guid? DeletedBy { get; private init; }

    public static ServiceAccount Create(string name, IEnumerable<string> permissions, DateTimeOffset now) =>
        new(Ids.New(now), name, [.. permissions.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);

    /// <summary>Adds a secret, and ends those that it replaces after the overlap.</summary>
    /// <param name="hash">The hash of the secret.</param>
    /// <param name="current">The secrets of this account that are valid now.</param>
    /// <param name="lifetime">How long it is valid.</param>
    /// <param name="overlap">How long the one before it stays valid at most.</param>
    /// <param name="now">The present time.</param>
    public Result<ServiceSecret> AddSecret(
        byte[] hash, IReadOnlyCollection<ServiceSecret> current, TimeSpan lifetime, TimeSpan overlap, DateTimeOffset now)
    {
        // Without an overlap the new one is the only valid one.
        if (overlap > TimeSpan.Zero && current.Count >= ServiceSecret.MaxValid)
            return ServiceAccountErrors.TooManySecrets;

        foreach (var earlier in current)
            earlier.EndBy(now + overlap);
        SecretsMade++;
        return ServiceSecret.Create(Id, hash, now, now + lifetime);
    }
}
