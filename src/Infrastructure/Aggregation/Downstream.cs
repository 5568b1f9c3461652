using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.Hedging;
using Portico.Application.Common;
using Portico.Domain.Common;

namespace Portico.Infrastructure.Aggregation;

/// <summary>The other services that Portico calls, by their names in the code and in the settings.</summary>
internal sealed class Downstreams(DownstreamSettings settings, PartMetrics metrics, TimeProvider clock, ILogger<Downstream> logger)
    : IServiceGuard
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
}

/// <summary>Bounds the calls to one other service: hedging around bulkhead and circuit breaker.</summary>
/// <remarks>
/// A read that takes longer than 95 % of the last ones is made a second time, and the first answer counts. A failure is never repeated.
/// A call that is late counts as a failure for the breaker; a call that nobody waits for does not. Thread-safe.
/// </remarks>
internal sealed partial class Downstream
{
    private static readonly ResiliencePropertyKey<CallDeadline> DeadlineKey = new("portico.deadline");
    private static readonly TimeSpan SamplingTime = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly LatencyQuantile _latency = new();
    private readonly HedgingBudget _budget;
    private readonly ResiliencePipeline<Result<byte[]>> _reads;

    public Downstream(string name, DownstreamSettings settings, PartMetrics metrics, TimeProvider clock, ILogger logger)
    {
        (_clock, _logger, _budget) = (clock, logger, new HedgingBudget(settings.HedgedPercent));
        Guard = new ResiliencePipelineBuilder { TimeProvider = clock, Name = name }
            .AddConcurrencyLimiter(settings.MaxConcurrent)
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
        _reads = new ResiliencePipelineBuilder<Result<byte[]>> { TimeProvider = clock, Name = name }
            .AddHedging(new HedgingStrategyOptions<Result<byte[]>>
            {
                MaxHedgedAttempts = 1,
                ShouldHandle = _ => PredicateResult.False(),
                DelayGenerator = _ => ValueTask.FromResult(_latency.Current ?? Timeout.InfiniteTimeSpan),
                ActionGenerator = args =>
                {
                    if (!_budget.TrySpend())
                        return null;
                    metrics.Hedged(name);
                    return () => args.Callback(args.ActionContext);
                },
            })
            .AddPipeline(Guard)
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
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        try
        {
            context.Properties.Set(DeadlineKey, deadline);
            return await _reads.ExecuteAsync(
                static async (context, state) =>
                {
                    var started = state.Clock.GetTimestamp();
                    try
                    {
                        return await state.Read(context.CancellationToken);
                    }
                    finally
                    {
                        // A call that lost against its second one counts with the time that it took so far.
                        state.Latency.Add(state.Clock.GetElapsedTime(started));
                    }
                },
                context,
                (Read: read, Clock: _clock, Latency: _latency));
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
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
