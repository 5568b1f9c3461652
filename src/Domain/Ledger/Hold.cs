using Portico.Domain.Common;

namespace Portico.Domain.Ledger;

/// <summary>The status of a hold.</summary>
public enum HoldStatus
{
    Open,

    /// <summary>The full amount was moved to the destination.</summary>
    Captured,

    /// <summary>The user who placed the hold released the remaining amount.</summary>
    Voided,

    /// <summary>The hold expired, and the remaining amount was released.</summary>
    Expired,
}

/// <summary>Money reserved in one account for another, until it is captured, voided or expires.</summary>
/// <remarks>
/// It is captured in parts up to the amount, and ends once. Immutable: each change makes the next <see cref="Version"/> of the hold.
/// </remarks>
public sealed record Hold
{
    public required Guid Id { get; init; }
    public required Guid SourceId { get; init; }
    public required Guid DestinationId { get; init; }
    public required Money Amount { get; init; }
    public required Money Captured { get; init; }
    public HoldStatus Status { get; init; }
    public long Version { get; init; } = 1;
    public string? Description { get; init; }
    public Guid? CreatedBy { get; init; }
    public required DateTimeOffset RecordedAt { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The amount that is still reserved.</summary>
    public Money Remaining => Status == HoldStatus.Open ? Amount - Captured : Money.Zero(Amount.Currency);

    internal Hold Capture(Money amount) =>
        this with
        {
            Captured = Captured + amount,
            Status = Captured + amount == Amount ? HoldStatus.Captured : HoldStatus.Open,
            Version = Version + 1,
        };

    internal Hold End(HoldStatus status) => this with { Status = status, Version = Version + 1 };
}
