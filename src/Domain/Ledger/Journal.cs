using Portico.Domain.Common;

namespace Portico.Domain.Ledger;

public enum JournalKind
{
    Transfer,
    Deposit,
    Withdrawal,
    Reversal,

    /// <summary>Held money went where it was held for.</summary>
    Capture,

    /// <summary>Money was reserved; nothing moved.</summary>
    Hold,

    /// <summary>What was left of a hold was released by who placed it; nothing moved.</summary>
    Void,

    /// <summary>What was left of a hold was released by its time; nothing moved.</summary>
    Expiry,
}

/// <summary>One amount that went from one account to another, or was reserved for it. Never changed.</summary>
public sealed record Journal
{
    public required Guid Id { get; init; }
    public required JournalKind Kind { get; init; }
    public required Guid SourceId { get; init; }
    public required Guid DestinationId { get; init; }

    /// <summary>Above zero; what kinds that move nothing reserved or released.</summary>
    public required Money Amount { get; init; }

    /// <summary>The batch that it stood or fell with.</summary>
    public Guid? OperationId { get; init; }

    public Guid? ReversesId { get; init; }
    public Guid? HoldId { get; init; }

    /// <summary>Who asked for it; <c>null</c> is the system itself.</summary>
    public Guid? InitiatedBy { get; init; }

    public string? Description { get; init; }
    public required DateTimeOffset RecordedAt { get; init; }
}

/// <summary>What a journal did to one account: each version of an account has exactly one.</summary>
/// <remarks>
/// Versions begin at 1 and have no gaps. The amount is above zero for what came in, below for what went out, zero for what was only
/// held or released. The time is the journal's, and never earlier than that of the version before.
/// </remarks>
public sealed record Posting(
    Guid AccountId, long AccountVersion, Guid JournalId, Money Amount, Money PostedAfter, Money HeldAfter, DateTimeOffset RecordedAt);
