using System.Diagnostics.Metrics;

namespace Portico.Infrastructure.Events;

/// <summary>Counts what becomes of events that handlers get.</summary>
internal sealed class EventMetrics
{
    private readonly Counter<long> _events;
    private long _dead;

    public EventMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Portico.Events");
        _events = meter.CreateCounter<long>("portico.events", description: "Events that a handler got, by what became of them.");
        meter.CreateObservableGauge(
            "portico.events.dead", () => Volatile.Read(ref _dead), description: "Events that a handler could not handle.");
    }

    /// <param name="handler">The handler.</param>
    /// <param name="outcome"><c>handled</c>, <c>known</c>, <c>failed</c> or <c>dead</c>.</param>
    public void Count(string handler, string outcome) =>
        _events.Add(1, new KeyValuePair<string, object?>("handler", handler), new KeyValuePair<string, object?>("outcome", outcome));

    public void Dead(long count) => Volatile.Write(ref _dead, count);
}
