using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Events;

/// <summary>Wakes the relay of this process when a transaction with events was committed.</summary>
/// <remarks>Only for a short delay: the poll finds events without a signal. Thread-safe.</remarks>
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
            // Another caller released the semaphore at the same time.
        }
    }

    public ValueTask Committed(IReadOnlyList<WrittenRecord> records)
    {
        if (records.Any(record => record.Record is OutboxMessage))
            Committed();
        return ValueTask.CompletedTask;
    }

    /// <summary>Waits for the next commit, or until the time is over.</summary>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _committed.WaitAsync(atMost, cancellationToken);

    public void Dispose() => _committed.Dispose();
}
