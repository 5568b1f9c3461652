using Microsoft.Extensions.Hosting;
using Portico.Application.Common;
using StackExchange.Redis;

namespace Portico.Infrastructure.Redis;

/// <summary>The one connection to Redis, on which every call has a deadline.</summary>
/// <remarks>
/// It starts without Redis too, and reconnects by itself; until then calls throw <see cref="DependencyUnavailableException"/>, at once
/// and without being queued. The driver looks for calls that are late only with its heartbeat, once a second, and sends on to a server
/// that hangs. So when Redis hangs, the first calls wait for the deadline here; after that one call at a time finds out whether Redis
/// is back, and the others are refused at once: a request of several calls is answered within one deadline.
/// </remarks>
public sealed class RedisConnection : IHostedService, IAsyncDisposable
{
    private const long Answering = long.MinValue;

    // Answers that are this much of the deadline apart are those of a server that hangs.
    private const int SlowShare = 3;

    // An answer passes through the queue at most so often: the reader's work, the call's own continuation, and one to spare.
    private const int QueueRounds = 3;

    private const int ReconnectMilliseconds = 250;

    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    private readonly RedisSettings _settings;
    private readonly TimeProvider _clock;
    private readonly Lazy<Task<ConnectionMultiplexer>> _connection;
    private readonly long _askAgainTicks;
    private int _breaks;
    private long _answeredAt;
    private long _askAgainAt = Answering;

    public RedisConnection(RedisSettings settings, TimeProvider clock)
    {
        (_settings, _clock) = (settings, clock);
        _answeredAt = clock.GetTimestamp();
        _askAgainTicks = (long)(AskAgainAfter.TotalSeconds * clock.TimestampFrequency);
        _connection = new Lazy<Task<ConnectionMultiplexer>>(Connect);
    }

    /// <summary>How often the connection broke or came back; what Redis was told shortly before may be lost then.</summary>
    public int Breaks => Volatile.Read(ref _breaks);

    /// <summary>The driver's connection, for libraries that bring their own calls. It belongs to this: nobody else closes it.</summary>
    public async Task<IConnectionMultiplexer> Multiplexer() => await _connection.Value;

    /// <summary>A key of this installation; what stands in braces decides its slot in a cluster.</summary>
    public RedisKey Key(string name) => _settings.KeyPrefix + name;

    /// <exception cref="DependencyUnavailableException">Redis is away, refuses, or did not answer within <c>Redis:Deadline</c>.</exception>
    public async Task<T> Run<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellationToken)
    {
        if (!MayAsk())
            throw new DependencyUnavailableException("Redis");
        try
        {
            var connection = await _connection.Value.WaitAsync(_settings.Deadline, _clock, cancellationToken);
            return await WithinDeadline(call(connection.GetDatabase()), cancellationToken);
        }
        catch (Exception failure) when (RedisOutage.Is(failure))
        {
            throw new DependencyUnavailableException("Redis", failure);
        }
    }

    /// <summary>Runs a script as one atomic step; its keys share one hash tag.</summary>
    public async Task<RedisResult> Script(string script, RedisKey[] keys, RedisValue[] values, CancellationToken cancellationToken)
    {
        try
        {
            return await Run(database => database.ScriptEvaluateAsync(script, keys, values), cancellationToken);
        }
        catch (RedisServerException unknown) when (unknown.Kind == RedisErrorKind.NoScript)
        {
            // A restarted server has forgotten the scripts. The driver has just noticed, and sends the text again.
            return await Run(database => database.ScriptEvaluateAsync(script, keys, values), cancellationToken);
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // Connected before the first request, whose deadline is shorter than a connect; without Redis we start all the same.
        await Task.WhenAny(_connection.Value, Task.Delay(ConnectTimeout, cancellationToken));
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_connection is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
            await (await _connection.Value).CloseAsync(allowCommandsToComplete: false);
    }

    private async Task<T> WithinDeadline<T>(Task<T> call, CancellationToken cancellationToken)
    {
        try
        {
            await call.WaitAsync(_settings.Deadline, _clock, cancellationToken);
        }
        catch (RedisServerException)
        {
            // An answer too, though not the one that was asked for.
            Answered();
            throw;
        }
        catch (TimeoutException)
        {
            // Timers overtake the queue of the thread pool, answers do not: in a burst of requests an answer may be in and wait
            // for a processor. What was queued before now runs before this goes on; only then is it Redis that is late.
            for (var round = 0; round < QueueRounds && !call.IsCompleted; round++)
                await Task.Yield();
            if (!call.IsCompleted)
            {
                Miss(call);
                throw;
            }
        }

        var answer = await call;
        Answered();
        return answer;
    }

    private void Answered()
    {
        Volatile.Write(ref _answeredAt, _clock.GetTimestamp());
        if (Volatile.Read(ref _askAgainAt) != Answering)
            Volatile.Write(ref _askAgainAt, Answering);
    }

    /// <summary>A call is late. When another one was answered just now, Redis is only slow; when none was, it hangs.</summary>
    /// <remarks>Just now, and not since the call was sent: of two that were sent together one may be answered before Redis hangs.</remarks>
    private void Miss(Task call)
    {
        if (_clock.GetElapsedTime(Volatile.Read(ref _answeredAt)) < _settings.Deadline / SlowShare)
            return;

        Volatile.Write(ref _askAgainAt, _clock.GetTimestamp() + _askAgainTicks);
        // The late answer itself tells that it goes on; a connection that breaks is noticed by the next call.
        _ = call.ContinueWith(
            static (late, self) =>
            {
                if (late.Exception?.InnerException is not TimeoutException)
                    ((RedisConnection)self!).Answered();
            },
            this,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>Whether Redis answers; while it hangs, whether it is this caller who finds out.</summary>
    private bool MayAsk()
    {
        var at = Volatile.Read(ref _askAgainAt);
        if (at == Answering)
            return true;

        var now = _clock.GetTimestamp();
        return now >= at && Interlocked.CompareExchange(ref _askAgainAt, now + _askAgainTicks, at) == at;
    }

    private async Task<ConnectionMultiplexer> Connect()
    {
        var options = _settings.Parse()!;
        options.AbortOnConnectFail = false;
        options.ConnectTimeout = (int)ConnectTimeout.TotalMilliseconds;
        options.ReconnectRetryPolicy = new LinearRetry(ReconnectMilliseconds);
        options.BacklogPolicy = BacklogPolicy.FailFast;
        // Longer than the deadline, which is kept here; it frees what nobody waits for any more.
        options.AsyncTimeout = (int)(2 * _settings.Deadline).TotalMilliseconds;
        options.ClientName = "portico";
        var connection = await ConnectionMultiplexer.ConnectAsync(options);
        connection.ConnectionFailed += (_, _) => Interlocked.Increment(ref _breaks);
        connection.ConnectionRestored += (_, _) => Interlocked.Increment(ref _breaks);
        return connection;
    }
}
