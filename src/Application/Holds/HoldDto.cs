using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Holds;

/// <summary>Money reserved in one wallet for another.</summary>
/// <example>
/// {"id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","fromWalletId":"01a1fc7e-0001-7915-aa3f-8ae82c4c4ddd",
/// "toWalletId":"01a1fc7e-0002-7915-aa3f-8ae82c4c4ddd","amount":{"amount":"20.00","currency":"EUR"},"captured":{"amount":"12.34",
/// "currency":"EUR"},"remaining":{"amount":"7.66","currency":"EUR"},"status":"open","description":"Order 17",
/// "expiresAt":"2026-11-28T10:00:00.000Z","createdAt":"2026-11-21T10:00:00.123Z"}
/// </example>
public sealed record HoldDto
{
    public required Guid Id { get; init; }
    public required Guid FromWalletId { get; init; }
    public required Guid ToWalletId { get; init; }
    public required Money Amount { get; init; }

    /// <summary>The captured part of the amount.</summary>
    public required Money Captured { get; init; }

    /// <summary>The part that is still held.</summary>
    public required Money Remaining { get; init; }

    public required HoldStatus Status { get; init; }
    public required string? Description { get; init; }

    /// <summary>When the hold expires; the remaining part is then available again.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The hold that an instruction made or changed.</summary>
    internal static HoldDto Of(InstructionResult result) => Of(result.Hold!);

    internal static HoldDto Of(Hold hold) => new()
    {
        Id = hold.Id,
        FromWalletId = hold.SourceId,
        ToWalletId = hold.DestinationId,
        Amount = hold.Amount,
        Captured = hold.Captured,
        Remaining = hold.Remaining,
        Status = hold.Status,
        Description = hold.Description,
        ExpiresAt = hold.ExpiresAt,
        CreatedAt = hold.RecordedAt,
    };
}
