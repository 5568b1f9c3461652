using Microsoft.Extensions.Hosting;
using Portico.Application.Common;
using StackExchange.Redis;

namespace Portico.Infrastructure.Redis;

/// <summary>The only connection to Redis, with a deadline for every call.</summary>
/// <remarks>
/// It also starts without Redis, and reconnects automatically; until then calls throw <see cref="DependencyUnavailableException"/>
/// immediately, without a queue. The driver checks for timeouts only once a second with its heartbeat, and continues to send to a server
/// that hangs. So when Redis hangs, the first calls wait for the deadline here. After that one call at a time checks whether Redis is
/// back, and the others fail immediately: a request with several calls gets its answer within one deadline. Thread-safe.
/// </remarks>
public sealed class RedisConnection : IHostedService, IAsyncDisposable
{
    private const long Answering = long.MinValue;

    // Redis counts as hanging when it gave no answer for this fraction of the deadline.
    private const int SlowShare = 3;

    // An answer passes the queue at most this often: the work of the reader, the continuation of the call, and one in reserve.
    private const int QueueRounds = 3;

    private const int ReconnectMilliseconds = 250;

    // After a failover the driver learns only by this check which server takes writes; its default is a minute.
    private const int RoleCheckSeconds = 2;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    private readonly RedisSettings _settings;
    private readonly TimeProvider _clock;
    private readonly Lazy<Task<ConnectionMultiplexer>> _connection;
    private readonly long _retryTicks;
    private int _breaks;
    private long _answeredAt;
    private long _retryAt = Answering;

    public RedisConnection(RedisSettings settings, TimeProvider clock)
    {
        (_settings, _clock) = (settings, clock);
        _answeredAt = clock.GetTimestamp();
        _retryTicks = (long)(RetryAfter.TotalSeconds * clock.TimestampFrequency);
        _connection = new Lazy<Task<ConnectionMultiplexer>>(Connect);
    }

    /// <summary>The number of lost and restored connections; writes from shortly before may be lost then.</summary>
    public int Breaks => Volatile.Read(ref _breaks);

    /// <summary>The connection of the driver, for libraries with their own calls; the caller must not close it.</summary>
    public async Task<IConnectionMultiplexer> Multiplexer() => await _connection.Value;

    /// <summary>The key with the prefix of this installation; the part in braces is the hash tag, which decides the cluster slot.</summary>
    public RedisKey Key(string name) => _settings.KeyPrefix + name;

    /// <summary>Runs a call within the deadline.</summary>
    /// <exception cref="DependencyUnavailableException">
    /// Redis is unavailable, rejects the call, or did not answer within <c>Redis:Deadline</c>.
    /// </exception>
    public async Task<T> Run<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellationToken)
    {
        if (!MayCall())
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

    /// <summary>Runs a script as one atomic step; its keys must share one hash tag.</summary>
    public async Task<RedisResult> Script(string script, RedisKey[] keys, RedisValue[] values, CancellationToken cancellationToken)
    {
        try
        {
            return await Run(database => database.ScriptEvaluateAsync(script, keys, values), cancellationToken);
        }
        catch (RedisServerException unknown) when (unknown.Kind == RedisErrorKind.NoScript)
        {
            // A restarted server has lost its scripts. The driver noticed it with this error, and now sends the text again.
            return await Run(database => database.ScriptEvaluateAsync(script, keys, values), cancellationToken);
        }
    }

    /// <summary>Subscribes to the messages of a channel; messages that are sent while the connection is lost do not arrive.</summary>
    /// <remarks>The driver subscribes again after each lost connection, also when Redis is unavailable now.</remarks>
    public async Task Subscribe(string channel, Action<RedisValue> handle)
    {
        var subscriber = (await _connection.Value).GetSubscriber();
        try
        {
            await subscriber.SubscribeAsync(RedisChannel.Literal(_settings.KeyPrefix + channel), (_, message) => handle(message));
        }
        catch (Exception failure) when (RedisOutage.Is(failure))
        {
            // The driver keeps the subscription, and sends it when it is connected.
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // Connects before the first request, because its deadline is shorter than a connect. The process also starts without Redis.
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
            // An error is an answer too.
            MarkAnswered();
            throw;
        }
        catch (TimeoutException)
        {
            // Timers overtake the queue of the thread pool, answers do not: in a burst of requests an answer may have arrived and wait
            // for a processor. After these yields the earlier queue items have run; if there is still no answer, Redis is late.
            for (var round = 0; round < QueueRounds && !call.IsCompleted; round++)
                await Task.Yield();
            if (!call.IsCompleted)
            {
                HandleTimeout(call);
                throw;
            }
        }

        var answer = await call;
        MarkAnswered();
        return answer;
    }

    private void MarkAnswered()
    {
        Volatile.Write(ref _answeredAt, _clock.GetTimestamp());
        if (Volatile.Read(ref _retryAt) != Answering)
            Volatile.Write(ref _retryAt, Answering);
    }

    /// <summary>Handles a late call: with a recent answer to another call Redis is only slow, otherwise it hangs.</summary>
    /// <remarks>Recent is a share of the deadline, not since the call was sent: Redis may answer one of two calls and then hang.</remarks>
    private void HandleTimeout(Task call)
    {
        if (_clock.GetElapsedTime(Volatile.Read(ref _answeredAt)) < _settings.Deadline / SlowShare)
            return;

        Volatile.Write(ref _retryAt, _clock.GetTimestamp() + _retryTicks);
        // The late answer shows that Redis works again; the next call notices a lost connection.
        _ = call.ContinueWith(
            static (late, self) =>
            {
                if (late.Exception?.InnerException is not TimeoutException)
                    ((RedisConnection)self!).MarkAnswered();
            },
            this,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>Whether to call Redis: yes while it answers; while it hangs only one caller at a time.</summary>
    private bool MayCall()
    {
        var at = Volatile.Read(ref _retryAt);
        if (at == Answering)
            return true;

        var now = _clock.GetTimestamp();
        return now >= at && Interlocked.CompareExchange(ref _retryAt, now + _retryTicks, at) == at;
    }

    private async Task<ConnectionMultiplexer> Connect()
    {
        // Answers are read by a thread of the driver: in a burst of requests the queue of the thread pool is longer than the deadline.
        ConnectionMultiplexer.SetFeatureFlag("DedicatedThreads", true);
        var options = _settings.Parse()!;
        options.AbortOnConnectFail = false;
        options.ConnectTimeout = (int)ConnectTimeout.TotalMilliseconds;
        options.ReconnectRetryPolicy = new LinearRetry(ReconnectMilliseconds);
        options.ConfigCheckSeconds = RoleCheckSeconds;
        options.BacklogPolicy = BacklogPolicy.FailFast;
        // Longer than the deadline, which this class enforces; it frees calls that nobody waits for any more.
        options.AsyncTimeout = (int)(2 * _settings.Deadline).TotalMilliseconds;
        options.ClientName = "portico";
        var connection = await ConnectionMultiplexer.ConnectAsync(options);
        connection.ConnectionFailed += (_, _) => Interlocked.Increment(ref _breaks);
        connection.ConnectionRestored += (_, _) => Interlocked.Increment(ref _breaks);
        return connection;
    }
}
