using Portico.Domain.Ledger;

namespace Portico.Application.Ledger;

/// <summary>Finds what the ledger has recorded.</summary>
public interface ILedgerRecords
{
    /// <returns><c>null</c> when there is no such journal.</returns>
    Task<RecordedJournal?> FindJournal(Guid id, CancellationToken cancellationToken);

    /// <returns><c>null</c> when there is no such hold.</returns>
    Task<RecordedHold?> FindHold(Guid id, CancellationToken cancellationToken);
}

/// <summary>A journal and the people whose money it moved; <c>null</c> stands for the system.</summary>
public sealed record RecordedJournal(Journal Journal, Guid? SourceOwnerId, Guid? DestinationOwnerId);

/// <summary>A hold and the people whose money it reserves, and for whom.</summary>
public sealed record RecordedHold(Hold Hold, Guid? SourceOwnerId, Guid? DestinationOwnerId);
