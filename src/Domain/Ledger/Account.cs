using Portico.Domain.Common;
using Portico.Domain.Currencies;

namespace Portico.Domain.Ledger;

/// <summary>The kind of a ledger account.</summary>
public enum AccountKind
{
    /// <summary>The money of a user.</summary>
    Wallet,

    /// <summary>The world outside: deposits come from it, withdrawals go to it.</summary>
    Cash,

    /// <summary>The account between two currencies in an exchange.</summary>
    Liquidity,

    /// <summary>The fees that users paid.</summary>
    Fees,

    /// <summary>The remainders of rounding.</summary>
    Rounding,

    /// <summary>What users paid for orders.</summary>
    Sales,

    /// <summary>What Stripe has received for us and not paid out: a debit, below zero.</summary>
    StripeClearing,

    /// <summary>What YooKassa has received for us and not paid out: a debit, below zero.</summary>
    YookassaClearing,

    /// <summary>What payment providers charged: an expense, below zero.</summary>
    ProviderFees,

    /// <summary>Money of payments that no wallet could take, less what was refunded without a wallet that could give it.</summary>
    Suspense,
}

/// <summary>The status of a ledger account.</summary>
public enum AccountStatus
{
    Open,

    /// <summary>The account is empty and accepts no more postings.</summary>
    Closed,
}

/// <summary>The state of a ledger account after a number of postings.</summary>
/// <remarks>Immutable: each posting makes the next <see cref="Version"/> of the account.</remarks>
public sealed record Account
{
    // A thousandth of the largest balance of a system account, which all wallets share: no wallet can fill it alone.
    private const decimal MaxWalletUnits = 79_000_000_000_000_000_000_000_000m;

    public required Guid Id { get; init; }
    public required AccountKind Kind { get; init; }

    /// <summary>The owner of the wallet; <c>null</c> for system accounts.</summary>
    public Guid? OwnerId { get; init; }

    public AccountStatus Status { get; init; }

    /// <summary>The sum of all postings.</summary>
    public required Money Posted { get; init; }

    /// <summary>The sum of the remaining amounts of all open holds.</summary>
    public required Money Held { get; init; }

    /// <summary>The minimum that must stay available; a negative value is a credit limit, <c>null</c> is no minimum.</summary>
    public Money? MinAvailable { get; init; }

    /// <summary>Whether the wallet or its owner has spending limits.</summary>
    public bool IsLimited { get; init; }

    /// <summary>The number of postings.</summary>
    public long Version { get; init; }

    /// <summary>When the last posting was recorded, or the account was opened.</summary>
    public DateTimeOffset RecordedAt { get; init; }

    public Currency Currency => Posted.Currency;

    public Money Available => Posted - Held;

    /// <summary>The largest balance of a wallet.</summary>
    public static Money MaxWalletBalance(Currency currency) => Money.OfMinorUnits(MaxWalletUnits, currency);

    /// <summary>Creates the empty account of a wallet.</summary>
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

    /// <summary>Creates an empty system account; its balance may go below zero.</summary>
    public static Account OfSystem(AccountKind kind, Currency currency, DateTimeOffset now) => new()
    {
        Id = SystemAccounts.IdOf(kind, currency),
        Kind = kind,
        Posted = Money.Zero(currency),
        Held = Money.Zero(currency),
        RecordedAt = now,
    };

    /// <summary>Adds to the posted and held amounts; <c>null</c> when a sum is larger than the maximum.</summary>
    /// <remarks>A wallet that is larger than the maximum already can still become smaller.</remarks>
    internal Account? After(Money posted, Money held, DateTimeOffset recordedAt) =>
        Money.TryAdd(Posted, posted, out var newPosted)
            && Money.TryAdd(Held, held, out var newHeld)
            && Money.TryAdd(newPosted, -newHeld, out _)
            && !(Kind == AccountKind.Wallet && posted.IsPositive && newPosted.MinorUnits > MaxWalletUnits)
            ? this with { Posted = newPosted, Held = newHeld, Version = Version + 1, RecordedAt = recordedAt }
            : null;
}
