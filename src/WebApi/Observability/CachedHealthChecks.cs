using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Portico.WebApi.Http;

namespace Portico.WebApi.Observability;

/// <summary>Caches the report of the health checks for a second; parallel requests share one run.</summary>
/// <remarks>
/// Readiness has no rate limit, so the cache protects the dependencies. Checks run only on request.
/// A process that shuts down is unhealthy at once, without the cache. A process that was ready becomes unready only after several failures
/// in a row: one slow answer of a dependency that all replicas share must not take all of them out of the load balancer.
/// </remarks>
internal sealed partial class CachedHealthChecks : HealthCheckService
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    // A metric of an older check would hide that nobody asks any more.
    private static readonly TimeSpan MetricLifetime = TimeSpan.FromMinutes(1);

    private readonly HealthCheckService _checks;
    private readonly Draining _draining;
    private readonly HealthSettings _settings;
    private readonly TimeProvider _clock;
    private readonly ILogger<CachedHealthChecks> _logger;
    private readonly Lock _lock = new();
    private Task<HealthReport>? _run;
    private long _startedAt;
    private HealthReport? _last;
    private bool _wasReady;
    private int _failures;

    public CachedHealthChecks(
        HealthCheckService checks, Draining draining, HealthSettings settings, TimeProvider clock, IMeterFactory meters,
        ILogger<CachedHealthChecks> logger)
    {
        (_checks, _draining, _settings, _clock, _logger) = (checks, draining, settings, clock, logger);
        meters.Create("Portico.Health").CreateObservableGauge(
            "portico.dependency.up", Measure, description: "Whether a dependency answered the last check: 1 or 0.");
    }

    public override async Task<HealthReport> CheckHealthAsync(
        Func<HealthCheckRegistration, bool>? predicate, CancellationToken cancellationToken = default)
    {
        if (predicate is not null)
            return await _checks.CheckHealthAsync(predicate, cancellationToken);
        var report = await Current().WaitAsync(cancellationToken);
        return _draining.HasBegun ? new HealthReport(report.Entries, HealthStatus.Unhealthy, report.TotalDuration) : report;
    }

    private Task<HealthReport> Current()
    {
        lock (_lock)
        {
            if (_run is null || (_run.IsCompleted && _clock.GetElapsedTime(_startedAt) >= Freshness))
            {
                _startedAt = _clock.GetTimestamp();
                _run = Run();
            }

            return _run;
        }
    }

    private IEnumerable<Measurement<int>> Measure()
    {
        HealthReport? report;
        lock (_lock)
            report = _clock.GetElapsedTime(_startedAt) < MetricLifetime ? _last : null;
        return report?.Entries.Select(entry => new Measurement<int>(
            entry.Value.Status == HealthStatus.Healthy ? 1 : 0, new KeyValuePair<string, object?>("dependency", entry.Key))) ?? [];
    }

    private async Task<HealthReport> Run()
    {
        // Not the token of one caller, because all callers share the report.
        var report = await _checks.CheckHealthAsync(predicate: null, CancellationToken.None);
        foreach (var (name, entry) in report.Entries)
        {
            var was = _last?.Entries[name].Status ?? HealthStatus.Healthy;
            var level = entry.Status == HealthStatus.Healthy ? LogLevel.Information : LogLevel.Warning;
            if (entry.Status != was)
                LogChange(level, name, entry.Status, entry.Description);
        }

        _last = report;
        return Judge(report);
    }

    // Runs never overlap.
    private HealthReport Judge(HealthReport report)
    {
        if (report.Status != HealthStatus.Unhealthy)
        {
            (_wasReady, _failures) = (true, 0);
            return report;
        }

        if (!_wasReady)
            return report;
        _failures++;
        _wasReady = _failures < _settings.FailureThreshold;
        return _wasReady ? new HealthReport(report.Entries, HealthStatus.Degraded, report.TotalDuration) : report;
    }

    [LoggerMessage(EventId = 1, Message = "The dependency {Dependency} is {Status} now. {Reason}")]
    private partial void LogChange(LogLevel level, string dependency, HealthStatus status, string? reason);
}
