using System.Diagnostics.Metrics;

namespace Portico.Infrastructure.Events;

/// <summary>Counts the events of handlers by outcome.</summary>
internal sealed class EventMetrics
{
    private readonly Counter<long> _events;
    private long _dead;

    public EventMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Portico.Events");
        _events = meter.CreateCounter<long>("portico.events", description: "Events that a handler received, by outcome.");
        meter.CreateObservableGauge(
            "portico.events.dead", () => Volatile.Read(ref _dead), description: "Events that a handler could not handle.");
    }

    /// <summary>Counts one event.</summary>
    /// <param name="handler">The handler.</param>
    /// <param name="outcome"><c>handled</c>, <c>known</c>, <c>failed</c> or <c>dead</c>.</param>
    public void Count(string handler, string outcome) =>
        _events.Add(1, new KeyValuePair<string, object?>("handler", handler), new KeyValuePair<string, object?>("outcome", outcome));

    public void Dead(long count) => Volatile.Write(ref _dead, count);
}
