namespace Portico.Infrastructure.Postgres;

/// <summary>Acts on what a transaction wrote, after its commit and before anybody is answered.</summary>
/// <remarks>
/// It is also called when nobody knows whether the commit happened. It must not throw: the change stands, and is answered as committed.
/// </remarks>
internal interface ICommitObserver
{
    ValueTask Committed(IReadOnlyList<WrittenRecord> records);
}
