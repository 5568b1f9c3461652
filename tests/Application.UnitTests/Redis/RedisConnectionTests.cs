using Portico.Application.Common;
using Portico.Infrastructure.RateLimiting;
using Portico.Infrastructure.Redis;

namespace Portico.Application.UnitTests.Redis;

/// <summary>How long anybody waits for a Redis that hangs, on a clock that only the test moves.</summary>
public sealed class RedisConnectionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SteppedClock _clock = new();
    private readonly RedisSettings _settings = new() { ConnectionString = "127.0.0.1:1,connectRetry=0" };

    [Fact]
    public async Task A_call_is_given_up_at_the_deadline_and_not_before()
    {
        await using var redis = await ConnectAsync();
        var hanging = Hang(redis);
        _clock.Pass(_settings.Deadline - TimeSpan.FromMilliseconds(1));
        Assert.False(hanging.IsCompleted);

        _clock.Pass(TimeSpan.FromMilliseconds(1));
        await Unavailable(hanging);
        // With what is left for everything else an answer is there within 200 ms.
        Assert.True(_settings.Deadline <= TimeSpan.FromMilliseconds(150));
    }

    [Fact]
    public async Task While_it_hangs_whoever_comes_is_refused_at_once()
    {
        await using var redis = await ConnectAsync();
        var hanging = Hang(redis);
        _clock.Pass(_settings.Deadline);
        await Unavailable(hanging);

        for (var n = 0; n < 100; n++)
            await Unavailable(Hang(redis));
    }

    [Fact]
    public async Task An_answer_in_the_moment_before_it_hangs_makes_nobody_wait_twice()
    {
        await using var redis = await ConnectAsync();
        var hanging = Hang(redis);
        _clock.Pass(TimeSpan.FromMilliseconds(1));
        await redis.Run(_ => Task.FromResult(1), default).WaitAsync(Patience);
        _clock.Pass(_settings.Deadline);
        await Unavailable(hanging);

        await Unavailable(Hang(redis));
    }

    [Fact]
    public async Task A_slow_server_is_asked_on()
    {
        await using var redis = await ConnectAsync();
        var late = Hang(redis);
        _clock.Pass(_settings.Deadline - TimeSpan.FromMilliseconds(1));
        await redis.Run(_ => Task.FromResult(1), default).WaitAsync(Patience);
        _clock.Pass(TimeSpan.FromMilliseconds(1));
        await Unavailable(late);

        Assert.Equal(2, await redis.Run(_ => Task.FromResult(2), default).WaitAsync(Patience));
    }

    [Fact]
    public async Task One_caller_finds_out_whether_it_is_back()
    {
        await using var redis = await ConnectAsync();
        var hanging = Hang(redis);
        _clock.Pass(_settings.Deadline);
        await Unavailable(hanging);
        _clock.Pass(TimeSpan.FromSeconds(1));

        var answer = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var asking = redis.Run(_ => answer.Task, default);
        await Unavailable(Hang(redis));
        answer.SetResult(3);
        Assert.Equal(3, await asking.WaitAsync(Patience));
        Assert.Equal(4, await redis.Run(_ => Task.FromResult(4), default).WaitAsync(Patience));
    }

    // There is no server: the calls are the test's own, and the deadline around them is what is looked at.
    private async Task<RedisConnection> ConnectAsync()
    {
        var redis = new RedisConnection(_settings, _clock);
        await redis.StartAsync(default);
        Assert.Equal(1, await redis.Run(_ => Task.FromResult(1), default).WaitAsync(Patience));
        return redis;
    }

    /// <summary>A call that is never answered.</summary>
    private static Task<int> Hang(RedisConnection redis) => redis.Run(_ => new TaskCompletionSource<int>().Task, default);

    private static Task<DependencyUnavailableException> Unavailable(Task call) =>
        Assert.ThrowsAsync<DependencyUnavailableException>(() => call.WaitAsync(Patience));

    /// <summary>A clock on which time passes only when it is told to.</summary>
    private sealed class SteppedClock : TimeProvider
    {
        private readonly Lock _gate = new();
        private readonly List<Alarm> _alarms = [];
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref _now);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            lock (_gate)
            {
                var alarm = new Alarm(() => callback(state), _now + dueTime.Ticks);
                _alarms.Add(alarm);
                return alarm;
            }
        }

        public void Pass(TimeSpan time)
        {
            Alarm[] due;
            lock (_gate)
            {
                _now += time.Ticks;
                due = [.. _alarms.Where(alarm => alarm.DueAt <= _now)];
                _alarms.RemoveAll(alarm => alarm.DueAt <= _now);
            }

            foreach (var alarm in due)
                alarm.Ring();
        }

        private sealed class Alarm(Action ring, long dueAt) : ITimer
        {
            private bool _isOff;

            public long DueAt => dueAt;

            public void Ring()
            {
                if (!_isOff)
                    ring();
            }

            public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();

            public void Dispose() => _isOff = true;

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
