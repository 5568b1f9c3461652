using System.Diagnostics.Metrics;

namespace Portico.Infrastructure.Events;

/// <summary>Metrics of the outbox and its relay.</summary>
internal sealed class OutboxMetrics
{
    private readonly Counter<long> _published;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _recovered;
    private readonly Histogram<double> _lag;
    private long _depth;
    private double _oldest;

    public OutboxMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Portico.Outbox");
        _published = meter.CreateCounter<long>("portico.outbox.published", description: "Events that the stream has acknowledged.");
        _failures = meter.CreateCounter<long>("portico.outbox.failures", description: "Batches or events that could not be published.");
        _recovered = meter.CreateCounter<long>(
            "portico.outbox.recovered", description: "Acknowledged events that the stream had lost, and that are published again.");
        _lag = meter.CreateHistogram<double>("portico.outbox.lag", "s", "Time from an event until the stream acknowledged it.");
        meter.CreateObservableGauge(
            "portico.outbox.depth", () => Volatile.Read(ref _depth), description: "Events that wait to be published.");
        meter.CreateObservableGauge("portico.outbox.oldest", () => Volatile.Read(ref _oldest), "s", "Age of the oldest event that waits.");
    }

    public void Published(TimeSpan lag)
    {
        _published.Add(1);
        _lag.Record(Math.Max(0, lag.TotalSeconds));
    }

    /// <summary>Counts a failure.</summary>
    /// <param name="reason"><c>away</c>, <c>refused</c>, <c>database</c> or <c>error</c>.</param>
    public void Failed(string reason) => _failures.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Recovered(long count) => _recovered.Add(count);

    public void Waiting(long depth, TimeSpan oldest)
    {
        Volatile.Write(ref _depth, depth);
        Volatile.Write(ref _oldest, Math.Max(0, oldest.TotalSeconds));
    }
}
