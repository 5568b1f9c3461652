using Portico.Domain.Common;

namespace Portico.Domain.Ledger;

/// <summary>One movement, with the version that it gave each account.</summary>
public sealed record MovedMoney(Guid Id, Guid FromAccountId, long FromVersion, Guid ToAccountId, long ToVersion, Money Amount);

/// <summary>Money was moved between wallets, in one leg or in a batch.</summary>
public sealed record TransferPosted(Guid TransferId, Guid? By, IReadOnlyList<MovedMoney> Legs, DateTimeOffset RecordedAt) : IDomainEvent
{
    public static string Name => "ledger.transfer-posted.v1";
}

/// <summary>Money came into a wallet from outside.</summary>
public sealed record MoneyDeposited(Guid TransferId, Guid? By, IReadOnlyList<MovedMoney> Legs, DateTimeOffset RecordedAt) : IDomainEvent
{
    public static string Name => "ledger.deposited.v1";
}

/// <summary>Money left a wallet to the outside.</summary>
public sealed record MoneyWithdrawn(Guid TransferId, Guid? By, IReadOnlyList<MovedMoney> Legs, DateTimeOffset RecordedAt) : IDomainEvent
{
    public static string Name => "ledger.withdrawn.v1";
}

/// <summary>A payment provider charged a fee for a payment.</summary>
public sealed record ProviderFeeCharged(Guid TransferId, IReadOnlyList<MovedMoney> Legs, DateTimeOffset RecordedAt) : IDomainEvent
{
    public static string Name => "ledger.provider-fee-charged.v1";
}

/// <summary>A user exchanged money of one currency for money of another.</summary>
public sealed record MoneyExchanged(
    Guid ExchangeId, Guid? By, Money Sold, Money Bought, Money Fee, IReadOnlyList<MovedMoney> Legs, DateTimeOffset RecordedAt)
    : IDomainEvent
{
    public static string Name => "ledger.exchanged.v1";
}

/// <summary>All or part of a transfer was moved back.</summary>
public sealed record TransferReversed(Guid TransferId, Guid OriginalId, Guid? By, IReadOnlyList<MovedMoney> Legs, DateTimeOffset RecordedAt)
    : IDomainEvent
{
    public static string Name => "ledger.reversed.v1";
}

/// <summary>Money was reserved.</summary>
public sealed record MoneyHeld(
    Guid HoldId,
    Guid? By,
    Guid FromAccountId,
    long FromVersion,
    Guid ToAccountId,
    Money Amount,
    DateTimeOffset ExpiresAt,
    DateTimeOffset RecordedAt)
    : IDomainEvent
{
    public static string Name => "ledger.held.v1";
}

/// <summary>All or part of a hold was moved to its destination.</summary>
public sealed record HoldCaptured(Guid HoldId, Guid? By, MovedMoney Movement, Money Remaining, DateTimeOffset RecordedAt) : IDomainEvent
{
    public static string Name => "ledger.hold-captured.v1";
}

/// <summary>The user who placed a hold released its remaining amount.</summary>
public sealed record HoldVoided(Guid HoldId, Guid? By, Guid FromAccountId, long FromVersion, Money Released, DateTimeOffset RecordedAt)
    : IDomainEvent
{
    public static string Name => "ledger.hold-voided.v1";
}

/// <summary>A hold expired and its remaining amount was released.</summary>
public sealed record HoldExpired(Guid HoldId, Guid FromAccountId, long FromVersion, Money Released, DateTimeOffset RecordedAt)
    : IDomainEvent
{
    public static string Name => "ledger.hold-expired.v1";
}

/// <summary>A block of journals was sealed; its hash stands for the whole history up to it.</summary>
public sealed record LedgerHeadSealed(
    int Format,
    long Height,
    string PreviousHash,
    string Root,
    int Journals,
    string PrivateHash,
    string SealedAt,
    string Hash,
    string KeyId,
    string PublicKey,
    string Signature)
    : IDomainEvent
{
    public static string Name => "ledger.head-sealed.v1";
}
