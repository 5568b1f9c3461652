using Portico.Domain.Forecasts;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Forecasts;

/// <summary>Wakes the settlement of this process when a sports event was changed.</summary>
internal sealed class SettlementSignal : WakeSignal, ICommitObserver
{
    public ValueTask Committed(IReadOnlyList<WrittenRecord> records)
    {
        if (records.Any(record => record.Record is SportEvent { Result: not null, SettledAt: null }))
            Set();
        return ValueTask.CompletedTask;
    }
}
