using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Portico.Application.Common;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Hosting;

/// <summary>Runs a task at the start, after each interval and after each signal, until the host stops.</summary>
/// <remarks>A failure does not stop it: the next round tries again. An outage is logged once, any other failure each time.</remarks>
internal abstract partial class PeriodicService(
    TimeSpan interval, TimeProvider clock, ILogger logger, WakeSignal? signal = null) : BackgroundService
{
    private readonly WakeSignal _signal = signal ?? new WakeSignal();
    private ITimer? _earlier;
    private bool _isAway;

    protected TimeProvider Clock { get; } = clock;

    /// <summary>Runs one round.</summary>
    /// <param name="round">The number of earlier rounds.</param>
    /// <param name="cancellationToken">Cancelled when the host stops.</param>
    protected abstract Task Do(long round, CancellationToken cancellationToken);

    /// <summary>Lets the next round begin now instead of after the interval. Thread-safe.</summary>
    protected void Wake() => _signal.Set();

    /// <summary>Lets the next round begin after a pause that is shorter than the interval. Only for <see cref="Do"/>.</summary>
    /// <param name="pause">The pause from now on, in place of an earlier one; infinite is none.</param>
    protected void WakeAfter(TimeSpan pause)
    {
        _earlier ??= Clock.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _earlier.Change(pause, Timeout.InfiniteTimeSpan);
    }

    public override void Dispose()
    {
        _earlier?.Dispose();
        base.Dispose();
    }

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(interval, Clock);
        try
        {
            Task tick = Task.CompletedTask, woken = Task.CompletedTask;
            for (var round = 0L; ; round++)
            {
                await TryDo(round, stoppingToken);
                if (tick.IsCompleted)
                    tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
                if (woken.IsCompleted)
                    woken = _signal.WaitAsync(stoppingToken);
                await await Task.WhenAny(tick, woken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task TryDo(long round, CancellationToken cancellationToken)
    {
        try
        {
            await Do(round, cancellationToken);
            _isAway = false;
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // The host stops: a driver may report its cancelled call as any failure, and the next start does the work again.
        }
        catch (Exception failure)
        {
            var isOutage = failure is DependencyUnavailableException || DatabaseOutage.Is(failure);
            if (!isOutage)
                LogFailed(GetType().Name, failure);
            else if (!_isAway)
                LogAway(GetType().Name, failure.Message);
            _isAway = isOutage;
        }
    }

    [LoggerMessage(100, LogLevel.Warning, "{Service} can't run now and will try again: {Failure}")]
    private partial void LogAway(string service, string failure);

    [LoggerMessage(101, LogLevel.Error, "{Service} failed and will try again")]
    private partial void LogFailed(string service, Exception failure);
}
