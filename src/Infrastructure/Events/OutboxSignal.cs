using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Events;

/// <summary>Wakes the relay of this process when a transaction with events was committed.</summary>
internal sealed class OutboxSignal : WakeSignal, ICommitObserver
{
    public ValueTask Committed(IReadOnlyList<WrittenRecord> records)
    {
        if (records.Any(record => record.Record is OutboxMessage))
            Set();
        return ValueTask.CompletedTask;
    }
}
