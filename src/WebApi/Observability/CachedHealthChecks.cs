using Microsoft.Extensions.Diagnostics.HealthChecks;
using Portico.WebApi.Http;

namespace Portico.WebApi.Observability;

/// <summary>Caches the report of the health checks for a second; parallel requests share one run.</summary>
/// <remarks>
/// Readiness has no rate limit, so the cache protects the dependencies. Checks run only on request.
/// A process that shuts down is unhealthy at once, without the cache.
/// </remarks>
internal sealed partial class CachedHealthChecks(
    HealthCheckService checks, Draining draining, TimeProvider clock, ILogger<CachedHealthChecks> logger) : HealthCheckService
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Task<HealthReport>? _run;
    private long _startedAt;
    private HealthReport? _last;

    public override async Task<HealthReport> CheckHealthAsync(
        Func<HealthCheckRegistration, bool>? predicate, CancellationToken cancellationToken = default)
    {
        if (predicate is not null)
            return await checks.CheckHealthAsync(predicate, cancellationToken);
        var report = await Current().WaitAsync(cancellationToken);
        return draining.HasBegun ? new HealthReport(report.Entries, HealthStatus.Unhealthy, report.TotalDuration) : report;
    }

    private Task<HealthReport> Current()
    {
        lock (_lock)
        {
            if (_run is null || (_run.IsCompleted && clock.GetElapsedTime(_startedAt) >= Freshness))
            {
                _startedAt = clock.GetTimestamp();
                _run = Run();
            }

            return _run;
        }
    }

    private async Task<HealthReport> Run()
    {
        // Not the token of one caller, because all callers share the report.
        var report = await checks.CheckHealthAsync(predicate: null, CancellationToken.None);
        foreach (var (name, entry) in report.Entries)
        {
            var was = _last?.Entries[name].Status ?? HealthStatus.Healthy;
            var level = entry.Status == HealthStatus.Healthy ? LogLevel.Information : LogLevel.Warning;
            if (entry.Status != was)
                LogChange(level, name, entry.Status, entry.Description);
        }

        _last = report;
        return report;
    }

    [LoggerMessage(EventId = 1, Message = "The dependency {Dependency} is {Status} now. {Reason}")]
    private partial void LogChange(LogLevel level, string dependency, HealthStatus status, string? reason);
}
