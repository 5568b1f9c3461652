using Microsoft.Extensions.Hosting;
using Portico.Application.Common;
using StackExchange.Redis;

namespace Portico.Infrastructure.Redis;

/// <summary>The one connection to Redis, on which every call has a deadline.</summary>
/// <remarks>
/// It starts without Redis too, and reconnects by itself; until then calls throw <see cref="DependencyUnavailableException"/>, at once
/// and without being queued. When Redis hangs, the first calls wait for their deadline; after that one at a time finds out whether
/// it is back, and nobody else waits: a request of several calls is answered within one deadline.
/// </remarks>
internal sealed class RedisConnection(RedisSettings settings, TimeProvider clock) : IHostedService, IAsyncDisposable
{
    private const long Answering = long.MinValue;

    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(500);

    // Answers that are this much of the deadline apart are those of a server that hangs.
    private const int SlowShare = 3;

    // An answer passes through the queue at most so often: the reader's work, the call's own continuation, and one to spare.
    private const int QueueRounds = 3;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);
    private readonly Breakages _breakages = new();
    private Task<ConnectionMultiplexer>? _connection;
    private bool _isConnecting;
    private object? _connecting;
    private long _answeredAt = clock.GetTimestamp();
    private long _askAgainAt = Answering;

    /// <summary>How often the connection broke or came back; what Redis was told shortly before may be lost then.</summary>
    public int Breaks => _breakages.Count;

    private long AskAgainTicks => (long)(AskAgainAfter.TotalSeconds * clock.TimestampFrequency);

    private Task<ConnectionMultiplexer> Connection =>
        LazyInitializer.EnsureInitialized(ref _connection, ref _isConnecting, ref _connecting, () => Connect(settings, _breakages))!;

    /// <summary>A key of this installation; what stands in braces decides its slot in a cluster.</summary>
    public RedisKey Key(string name) => settings.KeyPrefix + name;

    /// <exception cref="DependencyUnavailableException">Redis is away or did not answer within <c>Redis:Deadline</c>.</exception>
    public async Task<T> Run<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellationToken)
    {
        if (!MayAsk())
            throw new DependencyUnavailableException("Redis");
        try
        {
            var connection = await Connection.WaitAsync(settings.Deadline, clock, cancellationToken);
            return await WithinDeadline(call(connection.GetDatabase()), cancellationToken);
        }
        catch (RedisServerException refused) when (!IsLoading(refused))
        {
            // An answer too, though not the one that was asked for.
            Answered();
            throw;
        }
        catch (Exception failure) when (failure is RedisConnectionException or TimeoutException || IsLoading(failure))
        {
            throw new DependencyUnavailableException("Redis", failure);
        }
    }

    private async Task<T> WithinDeadline<T>(Task<T> call, CancellationToken cancellationToken)
    {
        try
        {
            await call.WaitAsync(settings.Deadline, clock, cancellationToken);
            // The client completes its calls one after the other on one thread: what follows must not hold up the next.
            await Task.Yield();
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
        Volatile.Write(ref _answeredAt, clock.GetTimestamp());
        if (Volatile.Read(ref _askAgainAt) != Answering)
            Volatile.Write(ref _askAgainAt, Answering);
    }

    /// <summary>A call is late. When another one was answered just now, Redis is only slow; when none was, it hangs.</summary>
    /// <remarks>Just now, and not since the call was sent: of two calls sent together one may be answered in the moment before Redis hangs.</remarks>
    private void Miss(Task call)
    {
        if (clock.GetElapsedTime(Volatile.Read(ref _answeredAt)) < settings.Deadline / SlowShare)
            return;

        Volatile.Write(ref _askAgainAt, clock.GetTimestamp() + AskAgainTicks);
        // The late answer itself tells that it goes on; a connection that breaks is noticed by the next call.
        _ = call.ContinueWith(static (_, self) => ((RedisConnection)self!).Answered(), this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Whether Redis answers; while it hangs, whether it is this caller who finds out.</summary>
    private bool MayAsk()
    {
        var at = Volatile.Read(ref _askAgainAt);
        if (at == Answering)
            return true;

        var now = clock.GetTimestamp();
        return now >= at && Interlocked.CompareExchange(ref _askAgainAt, now + AskAgainTicks, at) == at;
    }

    /// <summary>Runs a script as one atomic step; its keys share one hash tag.</summary>
    public async Task<RedisResult> Script(string script, RedisKey[] keys, RedisValue[] values, CancellationToken cancellationToken)
    {
        try
        {
            return await Run(database => database.ScriptEvaluateAsync(script, keys, values), cancellationToken);
        }
        catch (RedisServerException unknown) when (unknown.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // A restarted server has forgotten the scripts. The client has just noticed, and sends the text again.
            return await Run(database => database.ScriptEvaluateAsync(script, keys, values), cancellationToken);
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // Connected before the first request, whose deadline is shorter than a connect; without Redis we start all the same.
        await Task.WhenAny(Connection, Task.Delay(ConnectTimeout, cancellationToken));
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_connection is { IsCompletedSuccessfully: true } connected)
            await (await connected).CloseAsync(allowCommandsToComplete: false);
    }

    private static async Task<ConnectionMultiplexer> Connect(RedisSettings settings, Breakages breakages)
    {
        var options = settings.Parse()!;
        options.AbortOnConnectFail = false;
        options.ConnectTimeout = (int)ConnectTimeout.TotalMilliseconds;
        options.ClientName = "portico";
        var connection = await ConnectionMultiplexer.ConnectAsync(options);
        connection.ConnectionFailed += (_, _) => breakages.Add();
        connection.ConnectionRestored += (_, _) => breakages.Add();
        return connection;
    }

    private static bool IsLoading(Exception failure) =>
        failure is RedisServerException server && server.Message.StartsWith("LOADING", StringComparison.Ordinal);

    private sealed class Breakages
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public void Add() => Interlocked.Increment(ref _count);
    }
}
