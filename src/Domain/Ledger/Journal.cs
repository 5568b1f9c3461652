using Portico.Domain.Common;

namespace Portico.Domain.Ledger;

/// <summary>The kind of a journal.</summary>
public enum JournalKind
{
    Transfer,
    Deposit,
    Withdrawal,
    Reversal,

    /// <summary>Held money was moved to its destination.</summary>
    Capture,

    /// <summary>Money was reserved; nothing moved.</summary>
    Hold,

    /// <summary>The user who placed a hold released its remaining amount; nothing moved.</summary>
    Void,

    /// <summary>A hold expired and its remaining amount was released; nothing moved.</summary>
    Expiry,

    /// <summary>Money went from a wallet to liquidity, or from liquidity to a wallet, in an exchange.</summary>
    Exchange,

    /// <summary>The fee of an exchange.</summary>
    Fee,

    /// <summary>What was rounded away in an exchange.</summary>
    Rounding,

    /// <summary>What a payment provider charged for a payment.</summary>
    ProviderFee,
}

/// <summary>One amount that was moved from one account to another, or reserved for it; never changed.</summary>
public sealed record Journal
{
    public required Guid Id { get; init; }
    public required JournalKind Kind { get; init; }
    public required Guid SourceId { get; init; }
    public required Guid DestinationId { get; init; }

    /// <summary>Above zero; for kinds that move nothing, the amount that was reserved or released.</summary>
    public required Money Amount { get; init; }

    /// <summary>The batch or the exchange that the journal belongs to, if that has another id.</summary>
    public Guid? OperationId { get; init; }

    public Guid? ReversesId { get; init; }
    public Guid? HoldId { get; init; }

    /// <summary>The user who asked for it; <c>null</c> is the system itself.</summary>
    public Guid? InitiatedBy { get; init; }

    public string? Description { get; init; }
    public required DateTimeOffset RecordedAt { get; init; }
}

/// <summary>The effect of a journal on one account; each version of an account has exactly one posting.</summary>
/// <remarks>
/// Versions begin at 1 and have no gaps. The amount is above zero for incoming money, below zero for outgoing money, and zero for money
/// that was only held or released. The time is the time of the journal, and never earlier than the time of the version before.
/// </remarks>
public sealed record Posting(
    Guid AccountId, long AccountVersion, Guid JournalId, Money Amount, Money PostedAfter, Money HeldAfter, DateTimeOffset RecordedAt);
