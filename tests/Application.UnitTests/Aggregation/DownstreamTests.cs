using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Polly.CircuitBreaker;
using Polly.RateLimiting;
using Portico.Domain.Common;
using Portico.Infrastructure.Aggregation;

namespace Portico.Application.UnitTests.Aggregation;

public sealed class DownstreamTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    [Fact]
    public async Task Hedging_cuts_the_slowest_answers_three_fold_for_at_most_6_more_calls_in_100()
    {
        const int Reads = 4_000;
        // Far more than a busy machine delays a quick answer.
        const int Slow = 1_000;
        var (plain, hedged) = (await Measure(new DownstreamSettings { HedgedPercent = 0 }), await Measure(new DownstreamSettings()));
        // Again when the machine was too busy even for that.
        for (var round = 0; round < 2 && hedged.P99 * 3 > plain.P99; round++)
            hedged = await Measure(new DownstreamSettings());

        Assert.Equal(Reads, plain.Calls);
        Assert.InRange(hedged.Calls, Reads + 1, Reads * 106 / 100);
        Assert.True(hedged.P99 * 3 <= plain.P99, $"{hedged.P99} of {plain.P99}");

        async Task<(int Calls, TimeSpan P99)> Measure(DownstreamSettings settings)
        {
            var downstream = Make(settings);
            var calls = 0;
            var durations = new TimeSpan[Reads];
            await Parallel.ForAsync(0, Reads, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (index, _) =>
            {
                var started = TimeProvider.System.GetTimestamp();
                await downstream.Read(
                    async token =>
                    {
                        // Of a hundred calls two are slow, wherever the second calls fall.
                        await Task.Delay(Interlocked.Increment(ref calls) % 50 == 0 ? Slow : 10, token);
                        return Result<byte[]>.Refuse(new Error(ErrorKind.NotFound, "none", "None."));
                    },
                    Deadline(),
                    default);
                durations[index] = TimeProvider.System.GetElapsedTime(started);
            });
            Array.Sort(durations);
            return (calls, durations[Reads * 99 / 100]);
        }
    }

    [Fact]
    public async Task A_failure_is_not_repeated()
    {
        var downstream = Make(new DownstreamSettings { HedgedPercent = 50, BreakAfter = 1_000 });
        var calls = 0;
        for (var n = 0; n < 200; n++)
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => downstream.Read(
                _ =>
                {
                    calls++;
                    throw new HttpRequestException("no");
                },
                Deadline(),
                default));
        }

        Assert.Equal(200, calls);
    }

    [Fact]
    public async Task A_full_bulkhead_refuses_at_once()
    {
        var downstream = Make(new DownstreamSettings { MaxConcurrent = 2 });
        var held = new TaskCompletionSource<Result<byte[]>>();
        var running = Enumerable.Range(0, 2).Select(_ => downstream.Read(_ => held.Task, Deadline(), default)).ToArray();

        await Assert.ThrowsAsync<RateLimiterRejectedException>(() => downstream.Read(_ => held.Task, Deadline(), default));
        held.SetResult(Array.Empty<byte>());
        await Task.WhenAll(running);
        Assert.True((await downstream.Read(_ => held.Task, Deadline(), default)).IsSuccess);
    }

    [Fact]
    public async Task A_second_call_that_a_full_bulkhead_refuses_leaves_the_first_one_alone()
    {
        using var metrics = new MeterListener();
        var second = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        metrics.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "portico.dashboard.hedges"
                && ReferenceEquals(instrument.Meter.Scope, _services.GetRequiredService<IMeterFactory>()))
                listener.EnableMeasurementEvents(instrument);
        };
        metrics.SetMeasurementEventCallback<long>((_, _, _, _) => second.TrySetResult());
        metrics.Start();
        var downstream = Make(new DownstreamSettings { MaxConcurrent = 1, HedgedPercent = 50 });
        // Enough to learn from.
        for (var n = 0; n < 64; n++)
            await downstream.Read(_ => Task.FromResult<Result<byte[]>>(Array.Empty<byte>()), Deadline(), default);
        var (held, calls) = (new TaskCompletionSource<Result<byte[]>>(), 0);

        var read = downstream.Read(
            _ =>
            {
                calls++;
                return held.Task;
            },
            Deadline(),
            default);
        await second.Task.WaitAsync(TimeSpan.FromSeconds(20));
        held.SetResult(new byte[] { 7 });

        Assert.Equal([7], (await read).Value);
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task A_read_that_came_when_the_budget_was_spent_gets_its_second_call_later()
    {
        var clock = new TimersSeen(2);
        var downstream = Make(new DownstreamSettings { HedgedPercent = 1 }, clock);
        // Enough to learn from, and too few for a second call.
        for (var n = 0; n < 64; n++)
            await Quick();
        var (held, calls) = (new TaskCompletionSource<Result<byte[]>>(), 0);
        var late = downstream.Read(_ => Interlocked.Increment(ref calls) == 1 ? held.Task : Answer(), Deadline(), default);

        // It asked once, and waits again.
        await clock.Seen.WaitAsync(TimeSpan.FromSeconds(20));
        for (var n = 0; n < 64; n++)
            await Quick();

        Assert.True((await late.WaitAsync(TimeSpan.FromSeconds(20))).IsSuccess);
        Assert.Equal(2, calls);
        held.SetResult(Array.Empty<byte>());

        Task<Result<byte[]>> Quick() => downstream.Read(_ => Answer(), Deadline(), default);

        static Task<Result<byte[]>> Answer() => Task.FromResult<Result<byte[]>>(Array.Empty<byte>());
    }

    [Theory]
    [InlineData(5.2, 6)]
    [InlineData(6.0, 6)]
    [InlineData(0.0, 1)]
    public void The_usual_duration_is_rounded_up_because_timers_round_down(double duration, double usual)
    {
        var latency = new LatencyQuantile();
        Assert.Null(latency.Current);
        for (var n = 0; n < 64; n++)
            latency.Add(TimeSpan.FromMilliseconds(duration));
        Assert.Equal(TimeSpan.FromMilliseconds(usual), latency.Current);
    }

    [Fact]
    public async Task Late_calls_open_the_breaker_and_calls_that_nobody_waits_for_do_not()
    {
        var downstream = Make(new DownstreamSettings { BreakAfter = 4 });
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        for (var n = 0; n < 20; n++)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => downstream.Read(Hang, Deadline(), gone.Token));
        Assert.True((await downstream.Read(_ => Task.FromResult<Result<byte[]>>(Array.Empty<byte>()), Deadline(), default)).IsSuccess);

        var late = Make(new DownstreamSettings { BreakAfter = 4 });
        for (var n = 0; n < 4; n++)
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(30));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => late.Read(
                Hang, new CallDeadline(TimeSpan.FromMilliseconds(20), TimeProvider.System), deadline.Token));
        }

        await Assert.ThrowsAsync<BrokenCircuitException>(() => late.Read(Hang, Deadline(), default));
    }

    [Theory]
    [InlineData(6, 1_000, 60)]
    [InlineData(0, 1_000, 0)]
    public void The_budget_allows_its_share_and_saves_little(int percent, int calls, int allowed)
    {
        var budget = new HedgingBudget(percent);
        var spent = 0;
        for (var n = 0; n < calls; n++)
        {
            budget.Earn();
            if (budget.TrySpend())
                spent++;
        }

        Assert.Equal(allowed, spent);
        for (var n = 0; n < calls; n++)
            budget.Earn();
        while (budget.TrySpend())
            spent++;
        Assert.InRange(spent, allowed, allowed + 10);
    }

    private static async Task<Result<byte[]>> Hang(CancellationToken token)
    {
        await Task.Delay(Timeout.Infinite, token);
        return Array.Empty<byte>();
    }

    private static CallDeadline Deadline() => new(TimeSpan.FromMinutes(1), TimeProvider.System);

    private Downstream Make(DownstreamSettings settings, TimeProvider? clock = null) => new(
        "test",
        settings,
        new PartMetrics(_services.GetRequiredService<IMeterFactory>()),
        clock ?? TimeProvider.System,
        NullLogger.Instance);

    /// <summary>Says when a number of timers have been started.</summary>
    private sealed class TimersSeen(int count) : TimeProvider
    {
        private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _started;

        public Task Seen => _seen.Task;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (Interlocked.Increment(ref _started) == count)
                _seen.SetResult();
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
