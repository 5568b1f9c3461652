using System.Diagnostics.Metrics;
using Portico.Application.Dashboard;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Aggregation;

/// <summary>Metrics of the parts of the dashboard.</summary>
internal sealed class PartMetrics
{
    private readonly Histogram<double> _durations;
    private readonly Counter<long> _hedges;

    public PartMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Portico.Dashboard");
        _durations = meter.CreateHistogram<double>(
            "portico.dashboard.part.duration", "s", "How long pages waited for a part, by part and outcome: ok, stale or failed.");
        _hedges = meter.CreateCounter<long>(
            "portico.dashboard.hedges", description: "Reads of another service that were made a second time because the first was slow.");
    }

    public void Read(PartAnswer answer) => _durations.Record(
        answer.Duration.TotalSeconds,
        new KeyValuePair<string, object?>("part", answer.Part.Name),
        new("outcome", EnumNames<PartStatus>.Of(answer.Status)));

    public void Hedged(string downstream) => _hedges.Add(1, new KeyValuePair<string, object?>("downstream", downstream));
}
