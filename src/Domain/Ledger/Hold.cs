using Portico.Domain.Common;

namespace Portico.Domain.Ledger;

public enum HoldStatus
{
    Open,

    /// <summary>All of it went where it was held for.</summary>
    Captured,

    /// <summary>What was left was released by who placed it.</summary>
    Voided,

    /// <summary>What was left was released by its time.</summary>
    Expired,
}

/// <summary>Money reserved in one account for another, until it is captured, voided or expires.</summary>
/// <remarks>Captured in parts up to the amount; ends once. Immutable: each change makes the next <see cref="Version"/> of it.</remarks>
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

    /// <summary>What is still reserved.</summary>
    public Money Remaining => Status == HoldStatus.Open ? Amount - Captured : Money.Zero(Amount.Currency);

    internal Hold Capture(Money amount) =>
        this with
        {
            Captured = Captured + amount,
            Status = Captured + amount == Amount ? HoldStatus.Captured : HoldStatus.Open,
            Version = Version + 1
        };

    internal Hold End(HoldStatus status) => this with { Status = status, Version = Version + 1 };
}
