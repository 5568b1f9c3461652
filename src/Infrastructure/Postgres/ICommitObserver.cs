namespace Portico.Infrastructure.Postgres;

/// <summary>Handles the records that a transaction wrote, after its commit and before the caller gets an answer.</summary>
/// <remarks>
/// It is also called when it is unknown whether the commit happened. It must not throw, because the change is already committed.
/// </remarks>
internal interface ICommitObserver
{
    ValueTask Committed(IReadOnlyList<WrittenRecord> records);
}
