using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Portico.Application.Operation;

namespace Portico.WebApi.Observability;

/// <summary>Reads the metrics of this process for operators: the same instruments that Prometheus reads.</summary>
/// <remarks>
/// Counts are added up as they are measured, without a lock. A reading is shared by all callers for almost 2 s, so any number of streams
/// costs one reading in this time. Rates are the mean since the reading before. Thread-safe.
/// </remarks>
internal sealed class LiveNumbers : ILiveNumbers, IHostedService, IDisposable
{
    /// <summary>How often a stream sends the numbers.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    // Shorter than the interval, so that a stream never sends a reading twice.
    private static readonly TimeSpan Freshness = Interval * 0.9;

    private const string Requests = "http.server.request.duration";
    private const string StatusTag = "http.response.status_code";
    private const string Instructions = "portico.ledger.group.size";
    private const string Refused = "portico.limit.refused";
    private const string LedgerQueue = "portico.ledger.queue.length";
    private const string OutboxDepth = "portico.outbox.depth";
    private const string OutboxOldest = "portico.outbox.oldest";
    private const string MessagesQueued = "portico.messages.queued";
    private const string MessagesOldest = "portico.messages.oldest";
    private const string MessagesDead = "portico.messages.dead";
    private const string EventsDead = "portico.events.dead";

    private static readonly HashSet<string> Gauges =
        [LedgerQueue, OutboxDepth, OutboxOldest, MessagesQueued, MessagesOldest, MessagesDead, EventsDead];

    private readonly MeterListener _listener = new();
    private readonly HealthCheckService _health;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();

    // Written only while one reading records the observable instruments.
    private readonly Dictionary<string, double> _gauges = new(StringComparer.Ordinal);
    private Totals _totals;
    private Totals _before;
    private long _readAt;
    private Task<OverviewDto>? _reading;

    public LiveNumbers(IMeterFactory meters, HealthCheckService health, TimeProvider clock)
    {
        (_health, _clock) = (health, clock);
        _readAt = clock.GetTimestamp();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // In tests several applications run in one process.
            if (ReferenceEquals(instrument.Meter.Scope, meters)
                && (instrument.Name is Requests or Instructions or Refused || Gauges.Contains(instrument.Name)))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Measured(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Measured(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Measured(instrument, value, tags));
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _listener.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<OverviewDto> Read(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_reading is null || (_reading.IsCompleted && _clock.GetElapsedTime(_readAt) >= Freshness))
            {
                var elapsed = _clock.GetElapsedTime(_readAt);
                _readAt = _clock.GetTimestamp();
                _reading = Take(elapsed);
            }

            return _reading.WaitAsync(cancellationToken);
        }
    }

    public void Dispose() => _listener.Dispose();

    private async Task<OverviewDto> Take(TimeSpan elapsed)
    {
        // Not under the lock, and not with the token of one caller, because all callers share the reading.
        await Task.Yield();
        var report = await _health.CheckHealthAsync(CancellationToken.None);
        _listener.RecordObservableInstruments();
        var totals = _totals.Read();
        var since = totals.Minus(_before);
        _before = totals;
        double PerSecond(long count) => Math.Round(count / Math.Max(elapsed.TotalSeconds, 0.001), 2);
        return new OverviewDto(
            _clock.GetUtcNow(),
            Environment.MachineName,
            Math.Round(elapsed.TotalSeconds, 2),
            HealthOf(report),
            new RequestRatesDto(PerSecond(since.Requests), PerSecond(since.ClientErrors), PerSecond(since.ServerErrors)),
            new LedgerRatesDto(PerSecond(since.Instructions), Count(LedgerQueue)),
            new LimitRatesDto(PerSecond(since.Refused)),
            new WaitingDto(Count(OutboxDepth), Math.Round(Gauge(OutboxOldest), 2)),
            new WaitingDto(Count(MessagesQueued), Math.Round(Gauge(MessagesOldest), 2)),
            new DeadLetterCountsDto(Count(EventsDead), Count(MessagesDead)));
    }

    private static OverviewHealthDto HealthOf(HealthReport report) => new(
        HealthEndpoints.NameOf(report.Status),
        [
            .. report.Entries.OrderBy(check => check.Key, StringComparer.Ordinal).Select(check => new DependencyHealthDto(
                check.Key, HealthEndpoints.NameOfCheck(check.Value.Status), HealthEndpoints.Milliseconds(check.Value.Duration))),
        ]);

    private double Gauge(string name) => _gauges.GetValueOrDefault(name);

    private long Count(string name) => (long)Gauge(name);

    private void Measured(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (instrument.IsObservable)
        {
            _gauges[instrument.Name] = value;
            return;
        }

        switch (instrument.Name)
        {
            case Requests:
                Interlocked.Increment(ref _totals.Requests);
                var status = StatusOf(tags);
                if (status >= StatusCodes.Status500InternalServerError)
                    Interlocked.Increment(ref _totals.ServerErrors);
                else if (status >= StatusCodes.Status400BadRequest)
                    Interlocked.Increment(ref _totals.ClientErrors);
                break;
            case Instructions:
                Interlocked.Add(ref _totals.Instructions, (long)value);
                break;
            default:
                Interlocked.Add(ref _totals.Refused, (long)value);
                break;
        }
    }

    private static int StatusOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var (name, value) in tags)
        {
            if (name == StatusTag)
                return value is int status ? status : 0;
        }

        return 0;
    }

    private struct Totals
    {
        public long Requests;
        public long ClientErrors;
        public long ServerErrors;
        public long Instructions;
        public long Refused;

        public Totals Read() => new()
        {
            Requests = Interlocked.Read(ref Requests),
            ClientErrors = Interlocked.Read(ref ClientErrors),
            ServerErrors = Interlocked.Read(ref ServerErrors),
            Instructions = Interlocked.Read(ref Instructions),
            Refused = Interlocked.Read(ref Refused),
        };

        public readonly Totals Minus(Totals earlier) => new()
        {
            Requests = Requests - earlier.Requests,
            ClientErrors = ClientErrors - earlier.ClientErrors,
            ServerErrors = ServerErrors - earlier.ServerErrors,
            Instructions = Instructions - earlier.Instructions,
            Refused = Refused - earlier.Refused,
        };
    }
}
