using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Ledger;

/// <summary>Finds journals and holds of the ledger.</summary>
public interface ILedgerRecords
{
    /// <summary>Finds a journal.</summary>
    /// <returns>The journal; <c>null</c> when there is none.</returns>
    Task<RecordedJournal?> FindJournal(Guid id, CancellationToken cancellationToken);

    /// <summary>Finds a hold.</summary>
    /// <returns>The hold; <c>null</c> when there is none.</returns>
    Task<RecordedHold?> FindHold(Guid id, CancellationToken cancellationToken);

    /// <summary>Finds an exchange of any user.</summary>
    /// <returns>The exchange; <c>null</c> when there is none.</returns>
    Task<ExecutedExchange?> FindExchange(Guid id, CancellationToken cancellationToken);

    /// <summary>Finds what an idempotency key of a user led to.</summary>
    /// <returns>The result; <c>null</c> when the key is unused or was removed.</returns>
    Task<RecordedKey?> FindKey(Guid ownerId, string key, CancellationToken cancellationToken);
}

/// <summary>A journal and the owners of its two accounts; <c>null</c> is the system.</summary>
public sealed record RecordedJournal(Journal Journal, Guid? SourceOwnerId, Guid? DestinationOwnerId);

/// <summary>The fingerprint of the request that used an idempotency key, and its error; <c>null</c> when it was executed.</summary>
public sealed record RecordedKey(ReadOnlyMemory<byte> Fingerprint, Error? Error);

/// <summary>A hold and the owners of its two accounts; <c>null</c> is the system.</summary>
public sealed record RecordedHold(Hold Hold, Guid? SourceOwnerId, Guid? DestinationOwnerId);
