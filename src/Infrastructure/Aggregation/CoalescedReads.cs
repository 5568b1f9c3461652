using System.Collections.Concurrent;
using Portico.Application.Common.Security;
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
    /// <param name="read">The read; an expected failure is a result, and it throws only when it is cancelled.</param>
    /// <param name="cancellationToken">The reader is gone.</param>
    /// <returns>The result, or <see cref="DashboardErrors.PartTimeout"/>.</returns>
    public async Task<Result<byte[]>> Read(
        PartKey key, TimeSpan limit, Func<CancellationToken, Task<Result<byte[]>>> read, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        try
        {
            for (; ; )
            {
                var shared = Join(key, limit, read, out var isFirst);
                try
                {
                    // A read of somebody else may end at its own limit; there is time left for another one.
                    if (await shared.Result.WaitAsync(deadline.Token) is { } result)
                        return result;
                    if (isFirst)
                        return DashboardErrors.PartTimeout;
                    deadline.Token.ThrowIfCancellationRequested();
                }
                finally
                {
                    shared.Leave();
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return DashboardErrors.PartTimeout;
        }
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
        private readonly CancellationTokenSource _end = new(limit);
        private readonly TaskCompletionSource<Result<byte[]>?> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _readers = 1;
        private bool _isOver;

        /// <summary>The number of changes of the caller when the read began.</summary>
        public long Writes => writes;

        /// <summary>The result; <c>null</c> when the read was cancelled.</summary>
        public Task<Result<byte[]>?> Result => _result.Task;

        public void Start(Func<CancellationToken, Task<Result<byte[]>>> read) => _ = Run(read);

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
                // By the timer, because cancelling runs code of the read, and the reader must not wait for it.
                _end.CancelAfter(TimeSpan.Zero);
            }

            remove(this);
        }

        public void Dispose() => _end.Dispose();

        private async Task Run(Func<CancellationToken, Task<Result<byte[]>>> read)
        {
            Result<byte[]>? result = null;
            Exception? failure = null;
            try
            {
                result = await read(_end.Token);
            }
            catch (Exception) when (_end.IsCancellationRequested)
            {
                // Late, or nobody waits any more.
            }
            catch (Exception bug)
            {
                failure = bug;
            }

            lock (_lock)
            {
                _isOver = true;
                _end.Dispose();
            }

            remove(this);
            if (failure is null)
                _result.SetResult(result);
            else
                _result.SetException(failure);
        }
    }
}
