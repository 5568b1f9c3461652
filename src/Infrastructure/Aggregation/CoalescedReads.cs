using System.Collections.Concurrent;
using System.Diagnostics;
using Portico.Application.Dashboard;
using Portico.Domain.Common;

namespace Portico.Infrastructure.Aggregation;

/// <summary>A part of the dashboard of one caller.</summary>
internal readonly record struct PartKey(string Part, CallerKey Caller);

/// <summary>Makes one read of the equal reads of one caller that run at the same time (request coalescing).</summary>
/// <remarks>
/// The read belongs to nobody: a reader who leaves ends only their own wait, and the last one cancels the read. Nobody joins a read that
/// began before their own last change in this process. There are never more reads than readers. Thread-safe.
/// </remarks>
internal sealed class CoalescedReads(CallerWrites writes)
{
    private readonly ConcurrentDictionary<PartKey, SharedRead> _running = new();

    /// <summary>Reads, or joins the same read of the same caller.</summary>
    /// <param name="key">What is read, and for whom.</param>
    /// <param name="limit">How long this reader waits; the read itself ends after the limit of the reader who began it.</param>
    /// <param name="read">The read; an expected failure is a result, and what it does when it is cancelled is of no use.</param>
    /// <param name="cancellationToken">The reader is gone.</param>
    /// <returns>The result, or <see cref="DashboardErrors.PartTimeout"/> at the limit, even if the read goes on.</returns>
    public async Task<Result<byte[]>> Read(
        PartKey key, TimeSpan limit, Func<CancellationToken, Task<Result<byte[]>>> read, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        for (var left = limit; left > TimeSpan.Zero; left = limit - Stopwatch.GetElapsedTime(started))
        {
            var shared = Join(key, left, read, out var isFirst);
            try
            {
                // The limit of the first reader is that of the read, which has a timer for it.
                var wait = isFirst ? shared.Result.WaitAsync(cancellationToken) : shared.Result.WaitAsync(left, cancellationToken);
                await ((Task)wait).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!shared.Result.IsCompleted)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    break;
                }

                if (await shared.Result is { } result)
                    return result;
                if (isFirst)
                    break;
                // The read of somebody else ended at its own limit; there may be time left for another one.
                cancellationToken.ThrowIfCancellationRequested();
            }
            finally
            {
                shared.Leave();
            }
        }

        return DashboardErrors.PartTimeout;
    }

    private SharedRead Join(PartKey key, TimeSpan limit, Func<CancellationToken, Task<Result<byte[]>>> read, out bool isFirst)
    {
        var count = writes.Count(key.Caller.UserId);
        for (; ; )
        {
            if (_running.TryGetValue(key, out var running))
            {
                isFirst = false;
                if (running.Writes == count && running.TryJoin())
                    return running;
                Remove(key, running);
            }

            var shared = new SharedRead(count, limit, ended => Remove(key, ended));
            isFirst = true;
            if (_running.TryAdd(key, shared))
            {
                shared.Start(read);
                return shared;
            }

            shared.Dispose();
        }
    }

    private void Remove(PartKey key, SharedRead shared) => _running.TryRemove(KeyValuePair.Create(key, shared));

    private sealed class SharedRead(long writes, TimeSpan limit, Action<SharedRead> remove) : IDisposable
    {
        private readonly Lock _lock = new();
        private readonly CancellationTokenSource _end = new();
        private readonly TaskCompletionSource<Result<byte[]>?> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _readers = 1;
        private bool _isOver;
        private Timer? _timer;

        /// <summary>The number of changes of the caller when the read began.</summary>
        public long Writes => writes;

        /// <summary>The result; <c>null</c> when the read was late.</summary>
        public Task<Result<byte[]>?> Result => _result.Task;

        public void Start(Func<CancellationToken, Task<Result<byte[]>>> read)
        {
            // The read is not a part of the request that began it.
            using (ExecutionContext.SuppressFlow())
                _timer = new Timer(static shared => ((SharedRead)shared!).Expire(), this, limit, Timeout.InfiniteTimeSpan);
            _ = Run(read);
        }

        public bool TryJoin()
        {
            lock (_lock)
            {
                if (_isOver)
                    return false;
                _readers++;
                return true;
            }
        }

        public void Leave()
        {
            lock (_lock)
            {
                if (--_readers > 0 || _isOver)
                    return;
                _isOver = true;
            }

            remove(this);
            Cancel();
        }

        // Not the source: it may be cancelled at the same time, and it has neither timer nor handle.
        public void Dispose() => _timer?.Dispose();

        private async Task Run(Func<CancellationToken, Task<Result<byte[]>>> read)
        {
            var running = read(_end.Token);
            await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            lock (_lock)
                _isOver = true;
            Dispose();
            remove(this);
            if (running.IsCompletedSuccessfully)
                _result.TrySetResult(await running);
            else if (_end.IsCancellationRequested)
                _result.TrySetResult(null);
            else
                _result.TrySetFromTask(running!);
        }

        private void Expire()
        {
            lock (_lock)
            {
                if (_isOver)
                    return;
                _isOver = true;
            }

            remove(this);
            // The pages first, because cancelling runs code of the read, and they must not wait for it.
            _result.TrySetResult(null);
            Cancel();
        }

        private void Cancel() =>
            ThreadPool.UnsafeQueueUserWorkItem(static end => end.Cancel(), _end, preferLocal: false);
    }
}
