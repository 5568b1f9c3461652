using System.Diagnostics;
using Microsoft.Extensions.Options;
using Portico.Application.Common.Health;

namespace Portico.WebApi.Health;

/// <summary>Whether this process can serve, and which of its dependencies answer.</summary>
internal sealed record ReadinessReport(ReadinessStatus Status, IReadOnlyDictionary<string, CheckReport> Checks);

internal sealed record CheckReport(CheckStatus Status, double DurationMs);

internal enum ReadinessStatus
{
    /// <summary>Every dependency answers.</summary>
    Ready,

    /// <summary>Something is down that requests can do without.</summary>
    Degraded,

    /// <summary>Something is down that requests need, or the process is about to end.</summary>
    Unready,
}

internal enum CheckStatus
{
    Ok,
    Failed,
}

/// <summary>Asks every dependency at once, and at most once a second however often it is asked itself.</summary>
internal sealed partial class Readiness : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    private readonly IReadinessCheck[] _checks;
    private readonly HashSet<string> _required;
    private readonly Draining _draining;
    private readonly TimeProvider _clock;
    private readonly ILogger<Readiness> _logger;
    private readonly SemaphoreSlim _single = new(1, 1);
    private Snapshot? _last;

    public Readiness(IEnumerable<IReadinessCheck> checks, HealthSettings settings, Draining draining, TimeProvider clock, ILogger<Readiness> logger)
    {
        _checks = [.. checks.OrderBy(check => check.Name, StringComparer.Ordinal)];
        _required = settings.RequiredNames.ToHashSet(StringComparer.Ordinal);
        (_draining, _clock, _logger) = (draining, clock, logger);
        var unknown = _required.Except(_checks.Select(check => check.Name), StringComparer.Ordinal).ToArray();
        if (unknown.Length > 0)
        {
            var known = string.Join(", ", _checks.Select(check => check.Name));
            throw new OptionsValidationException(
                nameof(HealthSettings), typeof(HealthSettings), [$"Health:Required names '{string.Join("', '", unknown)}', but the dependencies are: {known}."]);
        }
    }

    public async Task<ReadinessReport> Report(CancellationToken cancellationToken)
    {
        var checks = await Checks(cancellationToken);
        var status = _draining.HasBegun || checks.Any(check => check.Value.Status == CheckStatus.Failed && _required.Contains(check.Key)) ? ReadinessStatus.Unready
            : checks.Values.Any(check => check.Status == CheckStatus.Failed) ? ReadinessStatus.Degraded
            : ReadinessStatus.Ready;
        return new ReadinessReport(status, checks);
    }

    public void Dispose() => _single.Dispose();

    private async Task<IReadOnlyDictionary<string, CheckReport>> Checks(CancellationToken cancellationToken)
    {
        if (IsFresh(out var fresh))
            return fresh;
        await _single.WaitAsync(cancellationToken);
        try
        {
            if (IsFresh(out fresh))
                return fresh;
            var reports = await Task.WhenAll(_checks.Select(Run));
            var checks = _checks.Zip(reports).ToDictionary(pair => pair.First.Name, pair => pair.Second, StringComparer.Ordinal);
            LogChanges(_last?.Checks, checks);
            _last = new Snapshot(_clock.GetTimestamp(), checks);
            return checks;
        }
        finally
        {
            _single.Release();
        }
    }

    private bool IsFresh([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IReadOnlyDictionary<string, CheckReport>? checks)
    {
        checks = Volatile.Read(ref _last) is { } last && _clock.GetElapsedTime(last.At) < Freshness ? last.Checks : null;
        return checks is not null;
    }

    private async Task<CheckReport> Run(IReadinessCheck check)
    {
        // Not the caller's token: the answer is everybody's.
        using var deadline = new CancellationTokenSource(Deadline);
        var started = Stopwatch.GetTimestamp();
        var status = CheckStatus.Ok;
        try
        {
            // A check that forgets its token must not hold up the others.
            await Task.Run(() => check.CheckAsync(deadline.Token), CancellationToken.None).WaitAsync(Deadline, CancellationToken.None);
        }
        catch (Exception failure)
        {
            status = CheckStatus.Failed;
            LogFailure(check.Name, failure.GetType().Name, failure.Message);
        }

        return new CheckReport(status, Math.Round(Stopwatch.GetElapsedTime(started).TotalMilliseconds, 1));
    }

    private void LogChanges(IReadOnlyDictionary<string, CheckReport>? before, Dictionary<string, CheckReport> now)
    {
        foreach (var (name, report) in now)
        {
            var was = before is not null && before.TryGetValue(name, out var previous) ? previous.Status : CheckStatus.Ok;
            if (report.Status != was)
                LogChange(report.Status == CheckStatus.Ok ? LogLevel.Information : LogLevel.Warning, name, report.Status);
        }
    }

    [LoggerMessage(EventId = 1, Message = "The dependency {Dependency} is {Status} now.")]
    private partial void LogChange(LogLevel level, string dependency, CheckStatus status);

    [LoggerMessage(2, LogLevel.Debug, "The dependency {Dependency} did not answer: {FailureType}: {Failure}")]
    private partial void LogFailure(string dependency, string failureType, string failure);

    private sealed record Snapshot(long At, IReadOnlyDictionary<string, CheckReport> Checks);
}
