using Portico.Domain.Common;

namespace Portico.Domain.Ledger;

/// <summary>What somebody asks the ledger to do: all of it is done, or nothing.</summary>
public abstract record Instruction
{
    public const int MaxLegs = 100;
    public const int MaxDescriptionLength = 200;

    /// <summary>The id of what it makes: of the one journal, of the batch, or of the hold.</summary>
    public required Guid Id { get; init; }

    /// <summary>Who asks; <c>null</c> is the system itself.</summary>
    public Guid? By { get; init; }

    /// <summary>The key by which a repetition is known; <c>null</c> for what the system does by itself.</summary>
    public InstructionKey? Key { get; init; }

    /// <summary>When it happened, for history that is written afterwards; <c>null</c> is now.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>The W3C traceparent of the request that asks.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>A key of one person, and what they asked for with it.</summary>
/// <remarks>The fingerprint is the SHA-256 of the request: the same key with another one is refused.</remarks>
public sealed record InstructionKey(Guid OwnerId, string Key, ReadOnlyMemory<byte> Fingerprint);

/// <summary>One amount from one account to another.</summary>
/// <remarks>The id is that of its journal.</remarks>
public sealed record Leg(Guid Id, Guid SourceId, Guid DestinationId, Money Amount, string? Description);

/// <summary>Moves money, in one leg or in several that stand or fall together.</summary>
public sealed record Movement : Instruction
{
    public required JournalKind Kind { get; init; }
    public required IReadOnlyList<Leg> Legs { get; init; }

    /// <summary>From a wallet of who asks to any wallet.</summary>
    public static Movement Transfer(Guid id, Guid by, IReadOnlyList<Leg> legs) =>
        new() { Id = id, By = by, Kind = JournalKind.Transfer, Legs = legs };

    /// <summary>From the world outside into a wallet.</summary>
    public static Movement Deposit(Guid id, Guid? by, Guid walletId, Money amount, string? description) => new()
    {
        Id = id,
        By = by,
        Kind = JournalKind.Deposit,
        Legs = [new Leg(id, SystemAccounts.IdOf(AccountKind.Cash, amount.Currency), walletId, amount, description)],
    };

    /// <summary>From a wallet into the world outside.</summary>
    public static Movement Withdrawal(Guid id, Guid? by, Guid walletId, Money amount, string? description) => new()
    {
        Id = id,
        By = by,
        Kind = JournalKind.Withdrawal,
        Legs = [new Leg(id, walletId, SystemAccounts.IdOf(AccountKind.Cash, amount.Currency), amount, description)],
    };
}

/// <summary>Moves all or part of what a journal moved back; in total never more than that.</summary>
/// <remarks>Without an amount it is whatever was not reversed yet.</remarks>
public sealed record Reversal(Guid OriginalId, Money? Amount, string? Description) : Instruction;

/// <summary>Reserves money in a wallet of who asks, for another wallet.</summary>
public sealed record Reservation(Guid SourceId, Guid DestinationId, Money Amount, DateTimeOffset ExpiresAt, string? Description)
    : Instruction;

/// <summary>Moves all or part of what is held to where it is held for.</summary>
/// <remarks>Without an amount it is all that is left.</remarks>
public sealed record Capture(Guid HoldId, Money? Amount) : Instruction;

/// <summary>Ends a hold and frees what is left of it.</summary>
/// <remarks>Either its time has ended it, or who placed it.</remarks>
public sealed record Release(Guid HoldId, bool Expired) : Instruction;

/// <summary>What became of an instruction.</summary>
public sealed record Outcome
{
    /// <summary>Why nothing was done; <c>null</c> when it was.</summary>
    public Error? Error { get; init; }

    /// <summary>What it made, a journal a leg.</summary>
    public IReadOnlyList<Journal> Journals { get; init; } = [];

    /// <summary>The hold as it was right after.</summary>
    public Hold? Hold { get; init; }

    /// <summary>Whether it was done before, by an earlier request with the same key.</summary>
    public bool IsReplay { get; init; }
}
