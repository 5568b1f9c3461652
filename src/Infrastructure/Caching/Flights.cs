using System.Collections.Concurrent;

namespace Portico.Infrastructure.Caching;

/// <summary>Makes one answer at a time for each key, and gives it to all who asked meanwhile.</summary>
internal sealed class Flights
{
    private static readonly TimeSpan LongestMaking = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Task> _running = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Queue> _queues = new(StringComparer.Ordinal);

    /// <summary>The answer that is being made under a key, or a new one.</summary>
    public async Task<T> Join<T>(string key, Func<CancellationToken, Task<T>> make, CancellationToken cancellationToken)
    {
        var mine = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = _running.GetOrAdd(key, mine.Task);
        if (running == mine.Task)
            _ = Complete(mine, Apart(make), () => _running.TryRemove(new KeyValuePair<string, Task>(key, mine.Task)));
        return await ((Task<T>)running).WaitAsync(cancellationToken);
    }

    /// <summary>An answer whose making begins after this call: one that is under way may have read what has changed since.</summary>
    public async Task<T> JoinNext<T>(string key, Func<CancellationToken, Task<T>> make, CancellationToken cancellationToken)
    {
        Task<T> answer;
        lock (_queues)
        {
            if (!_queues.TryGetValue(key, out var queue))
                _queues.Add(key, queue = new Queue());
            answer = (Task<T>)(queue.Next ??= Enqueue(key, queue, make));
        }

        return await answer.WaitAsync(cancellationToken);
    }

    private Task<T> Enqueue<T>(string key, Queue queue, Func<CancellationToken, Task<T>> make)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var before = queue.Running;
        queue.Waiting++;
        _ = Start();
        return answer.Task;

        async Task Start()
        {
            await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
            lock (_queues)
                (queue.Running, queue.Next) = (answer.Task, null);
            await Complete(answer, Apart(make), () => End(key, queue));
        }
    }

    private void End(string key, Queue queue)
    {
        lock (_queues)
        {
            if (--queue.Waiting == 0)
                _queues.Remove(key);
        }
    }

    // Away from the request that asks first: its caller, its trace and its end are none of the others' business.
    private static Task<T> Apart<T>(Func<CancellationToken, Task<T>> make)
    {
        using var nothing = ExecutionContext.SuppressFlow();
        return Task.Run(async () =>
        {
            using var deadline = new CancellationTokenSource(LongestMaking);
            return await make(deadline.Token);
        });
    }

    private static async Task Complete<T>(TaskCompletionSource<T> answer, Task<T> making, Action end)
    {
        await ((Task)making).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        end();
        answer.SetFromTask(making);
    }

    private sealed class Queue
    {
        public Task Running { get; set; } = Task.CompletedTask;
        public Task? Next { get; set; }
        public int Waiting { get; set; }
    }
}
