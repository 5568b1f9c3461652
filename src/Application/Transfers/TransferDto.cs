using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Transfers;

/// <summary>How a transfer was made.</summary>
public enum TransferKind
{
    Transfer,
    Deposit,
    Withdrawal,
    Reversal,

    /// <summary>Held money moved to the wallet that it was held for.</summary>
    Capture,

    /// <summary>A part of an exchange: what was sold or bought.</summary>
    Exchange,

    /// <summary>The fee of an exchange.</summary>
    Fee,
}

/// <summary>Money that moved between two wallets, in or out. It is never changed; a reversal corrects it.</summary>
/// <example>
/// {"id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","kind":"transfer","fromWalletId":"01a1fc7e-0001-7915-aa3f-8ae82c4c4ddd",
/// "toWalletId":"01a1fc7e-0002-7915-aa3f-8ae82c4c4ddd","amount":{"amount":"12.34","currency":"EUR"},"description":"Lunch","batchId":null,
/// "exchangeId":null,"reversesId":null,"holdId":null,"createdAt":"2026-11-21T10:00:00.123Z"}
/// </example>
public sealed record TransferDto
{
    public required Guid Id { get; init; }
    public required TransferKind Kind { get; init; }

    /// <summary>The wallet that gave the money; <c>null</c> for a deposit from outside.</summary>
    public required Guid? FromWalletId { get; init; }

    /// <summary>The wallet that got the money; <c>null</c> for a withdrawal.</summary>
    public required Guid? ToWalletId { get; init; }

    public required Money Amount { get; init; }
    public required string? Description { get; init; }

    /// <summary>The batch of the transfer, if it is part of one.</summary>
    public required Guid? BatchId { get; init; }

    /// <summary>The exchange of the transfer, if it is part of one.</summary>
    public required Guid? ExchangeId { get; init; }

    /// <summary>The transfer that it reverses, completely or in part.</summary>
    public required Guid? ReversesId { get; init; }

    /// <summary>The hold that it captures, completely or in part.</summary>
    public required Guid? HoldId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The transfer of an instruction with one leg.</summary>
    internal static TransferDto Of(InstructionResult result) => Of(result.Journals[0]);

    internal static TransferDto Of(Journal journal) => new()
    {
        Id = journal.Id,
        Kind = journal.Kind switch
        {
            JournalKind.Transfer => TransferKind.Transfer,
            JournalKind.Deposit => TransferKind.Deposit,
            JournalKind.Withdrawal => TransferKind.Withdrawal,
            JournalKind.Reversal => TransferKind.Reversal,
            JournalKind.Capture => TransferKind.Capture,
            JournalKind.Exchange => TransferKind.Exchange,
            JournalKind.Fee => TransferKind.Fee,
            _ => throw new ArgumentException($"{journal.Kind} moves nothing.", nameof(journal)),
        },
        FromWalletId = SystemAccounts.Contains(journal.SourceId) ? null : journal.SourceId,
        ToWalletId = SystemAccounts.Contains(journal.DestinationId) ? null : journal.DestinationId,
        Amount = journal.Amount,
        Description = journal.Description,
        BatchId = journal.Kind == JournalKind.Transfer ? journal.OperationId : null,
        ExchangeId = journal.Kind is JournalKind.Exchange or JournalKind.Fee ? journal.OperationId ?? journal.Id : null,
        ReversesId = journal.ReversesId,
        HoldId = journal.HoldId,
        CreatedAt = journal.RecordedAt,
    };
}
