using Microsoft.Extensions.Hosting;
using Portico.Application.Common;
using StackExchange.Redis;

namespace Portico.Infrastructure.Redis;

/// <summary>The one connection to Redis, on which every call has a deadline.</summary>
/// <remarks>It starts without Redis too, and reconnects by itself; until then calls throw <see cref="DependencyUnavailableException"/>.</remarks>
internal sealed class RedisConnection(RedisSettings settings) : IHostedService, IAsyncDisposable
{
    // An answer passes through the queue at most so often: the reader's work, the call's own continuation, and one to spare.
    private const int QueueRounds = 3;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);
    private readonly Lazy<Task<ConnectionMultiplexer>> _connection = new(() => Connect(settings));

    /// <summary>A key of this installation; what stands in braces decides its slot in a cluster.</summary>
    public RedisKey Key(string name) => settings.KeyPrefix + name;

    /// <exception cref="DependencyUnavailableException">Redis is away or did not answer within <c>Redis:Deadline</c>.</exception>
    public async Task<T> Run<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await _connection.Value.WaitAsync(settings.Deadline, cancellationToken);
            return await WithinDeadline(call(connection.GetDatabase()), cancellationToken);
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
            await call.WaitAsync(settings.Deadline, cancellationToken);
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
                throw;
        }

        return await call;
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
        await Task.WhenAny(_connection.Value, Task.Delay(ConnectTimeout, cancellationToken));
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_connection is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
            await (await _connection.Value).CloseAsync(allowCommandsToComplete: false);
    }

    private static Task<ConnectionMultiplexer> Connect(RedisSettings settings)
    {
        var options = settings.Parse()!;
        options.AbortOnConnectFail = false;
        options.ConnectTimeout = (int)ConnectTimeout.TotalMilliseconds;
        options.ClientName = "portico";
        return ConnectionMultiplexer.ConnectAsync(options);
    }

    private static bool IsLoading(Exception failure) =>
        failure is RedisServerException server && server.Message.StartsWith("LOADING", StringComparison.Ordinal);
}
