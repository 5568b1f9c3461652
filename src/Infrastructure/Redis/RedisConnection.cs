using Microsoft.Extensions.Hosting;
using Portico.Application.Common;
using StackExchange.Redis;

namespace Portico.Infrastructure.Redis;

/// <summary>The one connection to Redis, on which every call has a deadline.</summary>
/// <remarks>It starts without Redis too, and reconnects by itself; until then calls throw <see cref="DependencyUnavailableException"/>.</remarks>
internal sealed class RedisConnection(RedisSettings settings) : IHostedService, IAsyncDisposable
{
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
            return await call(connection.GetDatabase()).WaitAsync(settings.Deadline, cancellationToken);
        }
        catch (Exception failure) when (failure is RedisConnectionException or TimeoutException || IsLoading(failure))
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
