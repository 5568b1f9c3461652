using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Events;

/// <summary>Tells the relay of this process that a transaction with events was committed.</summary>
/// <remarks>Only to be quick: what nobody tells of is found by looking.</remarks>
internal sealed class OutboxSignal : ICommitObserver, IDisposable
{
    private readonly SemaphoreSlim _committed = new(0, 1);

    public void Committed()
    {
        try
        {
            if (_committed.CurrentCount == 0)
                _committed.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else told of it at the same time.
        }
    }

    public ValueTask Committed(IReadOnlyList<WrittenRecord> records)
    {
        if (records.Any(record => record.Record is OutboxMessage))
            Committed();
        return ValueTask.CompletedTask;
    }

    /// <summary>Waits until there is something new, or at most so long.</summary>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _committed.WaitAsync(atMost, cancellationToken);

    public void Dispose() => _committed.Dispose();
}
