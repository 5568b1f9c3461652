using System.Collections.Concurrent;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.RateLimiting;
using Portico.Application.Common;
using Portico.Domain.Common;

namespace Portico.Infrastructure.Aggregation;

/// <summary>The other services that Portico calls, by their names in the code and in the settings.</summary>
internal sealed class Downstreams(DownstreamSettings settings, PartMetrics metrics, TimeProvider clock, ILogger<Downstream> logger)
    : IServiceGuard, IDisposable
{
    private readonly ConcurrentDictionary<string, Downstream> _all = new(StringComparer.Ordinal);

    public Downstream this[string name] => _all.GetOrAdd(name, added => new Downstream(added, settings, metrics, clock, logger));

    public Task Run(string service, Func<CancellationToken, Task> call, CancellationToken cancellationToken) => Run(
        service,
        async token =>
        {
            await call(token);
            return true;
        },
        cancellationToken);

    /// <inheritdoc cref="IServiceGuard.Run"/>
    public async Task<T> Run<T>(string service, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await this[service].Guard.ExecuteAsync(
                static (call, token) => new ValueTask<T>(call(token)), call, cancellationToken);
        }
        catch (ExecutionRejectedException rejected)
        {
            throw new DependencyUnavailableException($"The {service} service", rejected);
        }
    }

    public void Dispose()
    {
        foreach (var downstream in _all.Values)
            downstream.Dispose();
    }
}

/// <summary>Bounds the calls to one other service: hedging around bulkhead and circuit breaker.</summary>
/// <remarks>
/// A read that takes longer than 95 % of the last ones is made a second time, and the first answer counts. A failure is never repeated.
/// A call that is late counts as a failure for the breaker; a call that nobody waits for does not. Thread-safe.
/// </remarks>
internal sealed partial class Downstream : IDisposable
{
    private static readonly ResiliencePropertyKey<CallDeadline> DeadlineKey = new("portico.deadline");
    private static readonly TimeSpan SamplingTime = TimeSpan.FromSeconds(10);

    private readonly string _name;
    private readonly PartMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly LatencyQuantile _latency = new();
    private readonly HedgingBudget _budget;
    private readonly ConcurrencyLimiter _bulkhead;
    private readonly ResiliencePipeline _breaker;

    public Downstream(string name, DownstreamSettings settings, PartMetrics metrics, TimeProvider clock, ILogger logger)
    {
        (_name, _metrics, _clock, _logger, _budget) = (name, metrics, clock, logger, new HedgingBudget(settings.HedgedPercent));
        _bulkhead = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = settings.MaxConcurrent });
        _breaker = new ResiliencePipelineBuilder { TimeProvider = clock, Name = name }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                MinimumThroughput = settings.BreakAfter,
                FailureRatio = 0.5,
                SamplingDuration = SamplingTime,
                BreakDuration = settings.BreakFor,
                ShouldHandle = args => ValueTask.FromResult(IsFailure(args.Outcome.Exception, args.Context)),
                OnOpened = args =>
                {
                    LogOpened(name, args.BreakDuration, args.Outcome.Exception?.GetType().Name);
                    return default;
                },
                OnClosed = _ =>
                {
                    LogClosed(name);
                    return default;
                },
            })
            .Build();
        Guard = new ResiliencePipelineBuilder { TimeProvider = clock, Name = name }
            .AddRateLimiter(_bulkhead)
            .AddPipeline(_breaker)
            .Build();
    }

    /// <summary>Bulkhead and circuit breaker alone, for calls that must not be made twice.</summary>
    public ResiliencePipeline Guard { get; }

    /// <summary>Makes an idempotent read.</summary>
    /// <exception cref="ExecutionRejectedException">The breaker is open or the bulkhead is full.</exception>
    public async Task<Result<byte[]>> Read(
        Func<CancellationToken, Task<Result<byte[]>>> read, CallDeadline deadline, CancellationToken cancellationToken)
    {
        _budget.Earn();
        if (_budget.IsNone || _latency.Current is not { } wait)
            return ValueOf(await Attempt(read, deadline, cancellationToken));

        var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var first = Attempt(read, deadline, end.Token);
        // When the budget is spent, a read asks for its second call again after twice the time. In a burst of reads that are a little late,
        // those that are very late get it.
        do
        {
            await ((Task)first).WaitAsync(wait, _clock, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (first.IsCompleted || cancellationToken.IsCancellationRequested || deadline.HasPassed)
            {
                using (end)
                    return ValueOf(await first);
            }

            wait *= 2;
        }
        while (!_budget.TrySpend());

        _metrics.Hedged(_name);
        var second = Attempt(read, deadline, end.Token);
        var winner = await Task.WhenAny(first, second);
        // A second call that was not made is no answer.
        if (winner == second && (await second).Exception is ExecutionRejectedException)
            winner = first;
        var outcome = await winner;
        _ = Cancel(winner == first ? second : first, end);
        return ValueOf(outcome);
    }

    /// <summary>Makes a call behind bulkhead and breaker. Failures are outcomes: to throw them again in each method takes time.</summary>
    private async Task<Outcome<Result<byte[]>>> Attempt(
        Func<CancellationToken, Task<Result<byte[]>>> read, CallDeadline deadline, CancellationToken cancellationToken)
    {
        using var place = _bulkhead.AttemptAcquire();
        if (!place.IsAcquired)
            return Outcome.FromException<Result<byte[]>>(new RateLimiterRejectedException());

        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        try
        {
            context.Properties.Set(DeadlineKey, deadline);
            return await _breaker.ExecuteOutcomeAsync(
                static async (context, state) =>
                {
                    var started = state.Clock.GetTimestamp();
                    Exception? thrown = null;
                    Task<Result<byte[]>>? running = null;
                    try
                    {
                        running = state.Read(context.CancellationToken);
                    }
                    catch (Exception failure)
                    {
                        thrown = failure;
                    }

                    if (running is not null)
                        await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    // A call that lost against its second one counts with the time that it took so far.
                    state.Latency.Add(state.Clock.GetElapsedTime(started));
                    return running is { IsCompletedSuccessfully: true }
                        ? Outcome.FromResult(await running)
                        : Outcome.FromException<Result<byte[]>>(thrown ?? FailureOf(running!));
                },
                context,
                (Read: read, Clock: _clock, Latency: _latency));
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    public void Dispose() => _bulkhead.Dispose();

    private static async Task Cancel(Task loser, CancellationTokenSource end)
    {
        // On another thread, because cancelling runs code of the call, and the answer must not wait for it.
        await end.CancelAsync();
        await loser.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        end.Dispose();
    }

    private static Exception FailureOf(Task failed) => failed.Exception?.InnerException ?? new TaskCanceledException(failed);

    private static Result<byte[]> ValueOf(Outcome<Result<byte[]>> outcome)
    {
        outcome.ThrowIfException();
        return outcome.Result!;
    }

    private static bool IsFailure(Exception? failure, ResilienceContext context) => failure switch
    {
        null => false,
        OperationCanceledException => context.Properties.TryGetValue(DeadlineKey, out var deadline) && deadline.HasPassed,
        _ => Outage.Is(failure),
    };

    [LoggerMessage(1, LogLevel.Warning, "The circuit breaker of {Downstream} is open for {BreakDuration}: {Failure}")]
    private partial void LogOpened(string downstream, TimeSpan breakDuration, string? failure);

    [LoggerMessage(2, LogLevel.Information, "The circuit breaker of {Downstream} is closed again")]
    private partial void LogClosed(string downstream);
}
