using Microsoft.Extensions.Diagnostics.HealthChecks;
using Portico.WebApi.Http;

namespace Portico.WebApi.Observability;

/// <summary>Keeps the report of the framework's health checks for a second, and shares one run between all who ask.</summary>
/// <remarks>
/// Anybody may ask for readiness, as often as they like: the dependencies must not feel it. Nothing runs unless somebody asks.
/// A process that is about to end is unhealthy at once, whatever is kept.
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
        // Not a caller's token: the report is everybody's.
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
