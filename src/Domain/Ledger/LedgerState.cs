using Portico.Domain.Common;
using Portico.Domain.Exchange;

namespace Portico.Domain.Ledger;

/// <summary>The state that the ledger needs to execute some instructions, read under the locks of their accounts.</summary>
public sealed record LedgerState
{
    public required IReadOnlyDictionary<Guid, Account> Accounts { get; init; }
    public IReadOnlyDictionary<Guid, Hold> Holds { get; init; } = new Dictionary<Guid, Hold>();

    /// <summary>How many open holds the users have who place one; a user who is missing has none.</summary>
    public IReadOnlyDictionary<Guid, int> OpenHolds { get; init; } = new Dictionary<Guid, int>();

    /// <summary>The journals that the instructions reverse.</summary>
    public IReadOnlyDictionary<Guid, Original> Originals { get; init; } = new Dictionary<Guid, Original>();

    /// <summary>The quotes of the instructions that were used before.</summary>
    public IReadOnlySet<Guid> UsedQuotes { get; init; } = new HashSet<Guid>();

    /// <summary>The spending limits of the wallets that are limited and of their owners, by subject and currency.</summary>
    public IReadOnlyDictionary<(Guid SubjectId, string Currency), Spending> Spending { get; init; } =
        new Dictionary<(Guid, string), Spending>();

    /// <summary>The stored results of the idempotency keys of the instructions.</summary>
    public IReadOnlyDictionary<(Guid OwnerId, string Key), KnownKey> Keys { get; init; } = new Dictionary<(Guid, string), KnownKey>();
}

/// <summary>A journal, and how much of it is already reversed.</summary>
public sealed record Original(Journal Journal, Money Reversed);

/// <summary>The fingerprint and the result of a used idempotency key.</summary>
public sealed record KnownKey(ReadOnlyMemory<byte> Fingerprint, InstructionResult Result);

/// <summary>An event of a transfer or a hold, with its version in that aggregate.</summary>
public sealed record LedgerEvent(
    string AggregateType, Guid AggregateId, long Version, IDomainEvent Event, string? TraceParent, DateTimeOffset RecordedAt);

/// <summary>An exchange that was executed, with the terms of its quote.</summary>
public sealed record ExecutedExchange(
    Guid Id, Guid? OwnerId, Guid FromWalletId, Guid ToWalletId, ExchangeTerms Terms, DateTimeOffset RecordedAt);

/// <summary>The result that a replay with the same key returns.</summary>
public sealed record StoredResult(InstructionKey Key, InstructionResult Result, DateTimeOffset RecordedAt);

/// <summary>The rows to write, and the results in the order of the instructions.</summary>
public sealed record Decision
{
    public required IReadOnlyList<InstructionResult> Results { get; init; }

    /// <summary>The changed accounts after all instructions; the postings hold each version in between.</summary>
    public required IReadOnlyCollection<Account> Accounts { get; init; }

    public required IReadOnlyList<Journal> Journals { get; init; }
    public required IReadOnlyList<Posting> Postings { get; init; }

    /// <summary>The new and changed holds after all instructions.</summary>
    public required IReadOnlyCollection<Hold> Holds { get; init; }

    public required IReadOnlyList<ExecutedExchange> Exchanges { get; init; }

    /// <summary>The changed spending after all instructions.</summary>
    public required IReadOnlyCollection<Spending> Spending { get; init; }

    public required IReadOnlyList<StoredResult> Keys { get; init; }
    public required IReadOnlyList<LedgerEvent> Events { get; init; }
}
