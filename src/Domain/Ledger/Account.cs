using Portico.Domain.Common;
using Portico.Domain.Currencies;

namespace Portico.Domain.Ledger;

public enum AccountKind
{
    /// <summary>A person's money.</summary>
    Wallet,

    /// <summary>The world outside: deposits come from it, withdrawals go to it.</summary>
    Cash,

    /// <summary>What stands between two currencies in an exchange.</summary>
    Liquidity,

    /// <summary>What people were charged.</summary>
    Fees,

    /// <summary>What rounding left over.</summary>
    Rounding,
}

public enum AccountStatus
{
    Open,

    /// <summary>Empty for good: nothing comes in and nothing goes out.</summary>
    Closed,
}

/// <summary>What an account holds after a number of postings.</summary>
/// <remarks>Immutable: each posting makes the next <see cref="Version"/> of it.</remarks>
public sealed record Account
{
    public required Guid Id { get; init; }
    public required AccountKind Kind { get; init; }

    /// <summary>Whose wallet it is; <c>null</c> for the system's own accounts.</summary>
    public Guid? OwnerId { get; init; }

    public AccountStatus Status { get; init; }

    /// <summary>The sum of all postings.</summary>
    public required Money Posted { get; init; }

    /// <summary>The sum of what is left of all open holds.</summary>
    public required Money Held { get; init; }

    /// <summary>What must stay available; below zero it is a limit of credit, and without it there is none to keep.</summary>
    public Money? MinAvailable { get; init; }

    /// <summary>The number of postings.</summary>
    public long Version { get; init; }

    /// <summary>When the last posting was recorded, or the account was opened.</summary>
    public DateTimeOffset RecordedAt { get; init; }

    public Currency Currency => Posted.Currency;

    public Money Available => Posted - Held;

    /// <summary>A person's wallet, empty.</summary>
    public static Account OfWallet(Guid id, Guid ownerId, Currency currency, DateTimeOffset now) => new()
    {
        Id = id,
        Kind = AccountKind.Wallet,
        OwnerId = ownerId,
        Posted = Money.Zero(currency),
        Held = Money.Zero(currency),
        MinAvailable = Money.Zero(currency),
        RecordedAt = now,
    };

    /// <summary>One of the system's own accounts, empty; it may go below zero.</summary>
    public static Account OfSystem(AccountKind kind, Currency currency, DateTimeOffset now) => new()
    {
        Id = SystemAccounts.IdOf(kind, currency),
        Kind = kind,
        Posted = Money.Zero(currency),
        Held = Money.Zero(currency),
        RecordedAt = now,
    };

    /// <summary>Changes what is posted and held; <c>null</c> when the account can't hold that much.</summary>
    internal Account? After(Money posted, Money held, DateTimeOffset recordedAt) =>
        Money.TryAdd(Posted, posted, out var newPosted)
            && Money.TryAdd(Held, held, out var newHeld)
            && Money.TryAdd(newPosted, -newHeld, out _)
            ? this with { Posted = newPosted, Held = newHeld, Version = Version + 1, RecordedAt = recordedAt }
            : null;
}
