using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace Portico.WebApi.Metrics;

/// <summary>Gathers what this process measures: its server, its runtime, its database pool, and what Portico itself counts.</summary>
internal sealed partial class MetricRegistry : IDisposable
{
    private const int MaxFamilies = 500;
    private const string OwnPrefix = "Portico.";
    private const string DroppedName = "portico_metrics_dropped_total";

    private static readonly HashSet<string> Meters = new(StringComparer.Ordinal)
    {
        "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime", "Npgsql",
    };

    // OpenTelemetry's bounds for seconds and for all else, where an instrument has no advice of its own.
    private static readonly double[] Seconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
    private static readonly double[] Anything = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

    private readonly ConcurrentDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<MetricFamily> _observed = [];
    private readonly MeterListener _listener = new();
    private readonly Lock _scrape = new();
    private readonly IMeterFactory _meters;
    private readonly ILogger<MetricRegistry> _logger;

    public MetricRegistry(IMeterFactory meters, ILogger<MetricRegistry> logger)
    {
        (_meters, _logger) = (meters, logger);
        _listener.InstrumentPublished = Publish;
        _listener.SetMeasurementEventCallback<byte>((_, value, tags, state) => Record(value, tags, state));
        _listener.SetMeasurementEventCallback<short>((_, value, tags, state) => Record(value, tags, state));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, state) => Record(value, tags, state));
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => Record(value, tags, state));
        _listener.SetMeasurementEventCallback<float>((_, value, tags, state) => Record(value, tags, state));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => Record(value, tags, state));
        _listener.SetMeasurementEventCallback<decimal>((_, value, tags, state) => Record((double)value, tags, state));
        _listener.Start();
    }

    private delegate void Recorder(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags);

    /// <summary>Everything as it is now, in Prometheus' text format.</summary>
    public string Scrape()
    {
        var text = new StringBuilder(32 * 1024);
        lock (_scrape)
        {
            foreach (var family in _observed)
                family.Clear();
            try
            {
                _listener.RecordObservableInstruments();
            }
            catch (AggregateException failure)
            {
                LogNotObserved(failure);
            }

            foreach (var family in _families.Values.OrderBy(family => family.Name, StringComparer.Ordinal))
                PrometheusText.Write(text, family);
        }

        PrometheusText.WriteHead(text, DroppedName, "Measurements dropped because their metric has too many series.", MetricKind.Counter);
        foreach (var family in _families.Values.Where(family => family.Dropped > 0).OrderBy(family => family.Name, StringComparer.Ordinal))
            PrometheusText.WriteSample(text, DroppedName, $"metric=\"{family.Name}\"", family.Dropped);
        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private static void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state) => ((Recorder)state!)(value, tags);

    private void Publish(Instrument instrument, MeterListener listener)
    {
        // A meter of another application in this process, as tests have them, belongs to its own registry.
        if (instrument.Meter.Scope is not null && !ReferenceEquals(instrument.Meter.Scope, _meters))
            return;
        if (!Meters.Contains(instrument.Meter.Name) && !instrument.Meter.Name.StartsWith(OwnPrefix, StringComparison.Ordinal))
            return;
        if (RecorderOf(instrument) is { } recorder)
            listener.EnableMeasurementEvents(instrument, recorder);
    }

    private Recorder? RecorderOf(Instrument instrument)
    {
        var type = instrument.GetType().GetGenericTypeDefinition();
        var kind = type == typeof(Histogram<>) ? MetricKind.Histogram
            : type == typeof(Counter<>) || type == typeof(ObservableCounter<>) ? MetricKind.Counter
            : MetricKind.Gauge;
        var name = PrometheusText.NameOf(instrument.Name, instrument.Unit, kind);
        if (_families.Count >= MaxFamilies && !_families.ContainsKey(name))
            return null;

        var family = _families.GetOrAdd(name, _ => new MetricFamily(name, instrument.Description ?? instrument.Name, kind, kind == MetricKind.Histogram ? BoundsOf(instrument) : []));
        if (family.Kind != kind)
            return null;
        if (instrument.IsObservable)
        {
            _observed.Add(family);
            return family.Set;
        }

        return kind == MetricKind.Histogram ? family.Observe : type == typeof(Gauge<>) ? family.Set : family.Add;
    }

    private static double[] BoundsOf(Instrument instrument)
    {
        var advised = instrument switch
        {
            Histogram<double> histogram => histogram.Advice?.HistogramBucketBoundaries,
            Histogram<float> histogram => histogram.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound),
            Histogram<long> histogram => histogram.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound),
            Histogram<int> histogram => histogram.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound),
            _ => null,
        };
        return advised?.Order().ToArray() ?? (instrument.Unit == "s" ? Seconds : Anything);
    }

    [LoggerMessage(1, LogLevel.Warning, "Some metrics could not be observed.")]
    private partial void LogNotObserved(Exception failure);
}
