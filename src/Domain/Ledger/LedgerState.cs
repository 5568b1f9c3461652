using Portico.Domain.Common;

namespace Portico.Domain.Ledger;

/// <summary>All that the ledger must know to decide on some instructions, read under the locks of their accounts.</summary>
public sealed record LedgerState
{
    public required IReadOnlyDictionary<Guid, Account> Accounts { get; init; }
    public IReadOnlyDictionary<Guid, Hold> Holds { get; init; } = new Dictionary<Guid, Hold>();

    /// <summary>The journals that are to be reversed.</summary>
    public IReadOnlyDictionary<Guid, Original> Originals { get; init; } = new Dictionary<Guid, Original>();

    /// <summary>What was answered to the keys of the instructions.</summary>
    public IReadOnlyDictionary<(Guid OwnerId, string Key), KnownKey> Keys { get; init; } = new Dictionary<(Guid, string), KnownKey>();
}

/// <summary>A journal, and how much of it was moved back so far.</summary>
public sealed record Original(Journal Journal, Money Reversed);

/// <summary>A key that was used, for what, and what became of it.</summary>
public sealed record KnownKey(ReadOnlyMemory<byte> Fingerprint, Outcome Outcome);

/// <summary>An event of a transfer or a hold, with its place among those of the same.</summary>
public sealed record LedgerEvent(
    string AggregateType, Guid AggregateId, long Version, IDomainEvent Event, string? TraceParent, DateTimeOffset RecordedAt);

/// <summary>What a repetition with the same key is to be answered.</summary>
public sealed record StoredOutcome(InstructionKey Key, Outcome Outcome, DateTimeOffset RecordedAt);

/// <summary>What is to be written, and the answer to each instruction in their order.</summary>
public sealed record Decision
{
    public required IReadOnlyList<Outcome> Outcomes { get; init; }

    /// <summary>The changed accounts, each as it is after all instructions; the postings tell by how many versions.</summary>
    public required IReadOnlyCollection<Account> Accounts { get; init; }

    public required IReadOnlyList<Journal> Journals { get; init; }
    public required IReadOnlyList<Posting> Postings { get; init; }

    /// <summary>The new and changed holds, each as it is after all instructions.</summary>
    public required IReadOnlyCollection<Hold> Holds { get; init; }

    public required IReadOnlyList<StoredOutcome> Keys { get; init; }
    public required IReadOnlyList<LedgerEvent> Events { get; init; }
}
