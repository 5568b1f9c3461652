using System.Collections.Concurrent;
using Npgsql;
using Portico.Domain.Users;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.AccessTokens;

/// <summary>Caches the token versions of active users, so that a token check rarely reads PostgreSQL.</summary>
/// <remarks>
/// A version is valid for a second. In its second half a request starts to read it again, together with those of other users, and nobody
/// waits for it. One read per user at a time, with a limit of 1 s; users that are requested during a read are read in the next batch.
/// During an outage of PostgreSQL there is one read a second, and no other caller waits for it. At most 100,000 users are cached; the least
/// recently used are evicted. Thread-safe.
/// </remarks>
internal sealed class TokenVersions(NpgsqlDataSource database, TimeProvider clock) : ITokenVersions, ICommitObserver
{
    private const int MaxPerGeneration = 50_000;
    private const int MaxBatch = 1_000;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    // How long early reads wait for each other, to be one statement.
    private static readonly TimeSpan CollectTime = TimeSpan.FromMilliseconds(100);

    private readonly long _second = clock.TimestampFrequency;
    private readonly ConcurrentQueue<Lookup> _lookups = new();
    private readonly ConcurrentQueue<Lookup> _earlyLookups = new();
    private int _isReading;
    private int _isCollecting;
    private readonly RecentlyUsedCache<Guid, Entry> _entries = new(MaxPerGeneration);
    private long _retryAt = long.MinValue;

    public ValueTask<bool> Accepts(Guid userId, int epoch, CancellationToken cancellationToken)
    {
        var entry = _entries.GetOrAdd(userId, static _ => new Entry());
        var cached = entry.CachedVersion;
        if (cached is not null && clock.GetTimestamp() is var now && now < cached.FreshUntil)
        {
            if (cached.FreshUntil - now < _second / 2)
                ReadEarly(entry, userId);
            return ValueTask.FromResult(cached.Accepts(epoch));
        }

        return MayRead()
            ? AcceptsAfterReading(entry, userId, epoch, cancellationToken)
            : ValueTask.FromResult(cached is null || cached.Accepts(epoch));
    }

    /// <summary>Marks the cached versions as stale for users whose records this process has just changed.</summary>
    public ValueTask Committed(IReadOnlyList<WrittenRecord> records)
    {
        foreach (var record in records)
        {
            if (record.Record is User user)
                Expire(user.Id);
        }

        return ValueTask.CompletedTask;
    }

    private void Expire(Guid userId)
    {
        if (_entries.Find(userId) is not { } entry)
            return;

        lock (entry)
        {
            // The result of a running read may be older than the change.
            entry.PendingRead = null;
            entry.CachedVersion = entry.CachedVersion is { } old ? old with { FreshUntil = long.MinValue } : null;
        }
    }

    private async ValueTask<bool> AcceptsAfterReading(Entry entry, Guid userId, int epoch, CancellationToken cancellationToken)
    {
        Task<CachedVersion?> pending;
        lock (entry)
            pending = entry.PendingRead ?? StartRead(entry, userId, isEarly: false);
        return await pending.WaitAsync(cancellationToken) is not { } cached || cached.Accepts(epoch);
    }

    private void ReadEarly(Entry entry, Guid userId)
    {
        if (entry.PendingRead is not null || Volatile.Read(ref _retryAt) != long.MinValue)
            return;

        lock (entry)
        {
            if (entry.PendingRead is not null)
                return;
            // It is not a part of the request that happens to start it.
            using (ExecutionContext.SuppressFlow())
                _ = StartRead(entry, userId, isEarly: true).ContinueWith(
                    static read => read.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    private Task<CachedVersion?> StartRead(Entry entry, Guid userId, bool isEarly)
    {
        var answer = new TaskCompletionSource<CachedVersion?>(TaskCreationOptions.RunContinuationsAsynchronously);
        entry.PendingRead = answer.Task;
        _ = StartRead(entry, userId, isEarly, answer);
        return answer.Task;
    }

    private async Task StartRead(Entry entry, Guid userId, bool isEarly, TaskCompletionSource<CachedVersion?> answer)
    {
        try
        {
            var readAt = clock.GetTimestamp();
            var epoch = await Read(userId, isEarly).WaitAsync(Deadline, clock);
            Volatile.Write(ref _retryAt, long.MinValue);
            Finish(entry, answer, new CachedVersion(epoch, readAt + _second));
        }
        catch (Exception failure) when (failure is TimeoutException or OperationCanceledException || DatabaseOutage.Is(failure))
        {
            Volatile.Write(ref _retryAt, clock.GetTimestamp() + _second);
            Finish(entry, answer, entry.CachedVersion);
        }
        catch (Exception failure)
        {
            Finish(entry, answer, entry.CachedVersion, failure);
        }
    }

    private static void Finish(Entry entry, TaskCompletionSource<CachedVersion?> answer, CachedVersion? cached, Exception? failure = null)
    {
        lock (entry)
        {
            if (entry.PendingRead == answer.Task)
                (entry.PendingRead, entry.CachedVersion) = (null, cached);
        }

        if (failure is null)
            answer.SetResult(cached);
        else
            answer.SetException(failure);
    }

    /// <returns>The token version; <c>null</c> for a user who may not sign in.</returns>
    private Task<int?> Read(Guid userId, bool isEarly)
    {
        var lookup = new Lookup(userId);
        if (isEarly)
        {
            _earlyLookups.Enqueue(lookup);
            if (Interlocked.Exchange(ref _isCollecting, 1) == 0)
                _ = ReadCollected();
        }
        else
        {
            _lookups.Enqueue(lookup);
            StartReading();
        }

        return lookup.Epoch.Task;
    }

    private async Task ReadCollected()
    {
        await Task.Delay(CollectTime, clock);
        Interlocked.Exchange(ref _isCollecting, 0);
        while (_earlyLookups.TryDequeue(out var lookup))
            _lookups.Enqueue(lookup);
        StartReading();
    }

    private void StartReading()
    {
        if (Interlocked.Exchange(ref _isReading, 1) == 0)
            _ = ReadAll();
    }

    private async Task ReadAll()
    {
        do
        {
            while (NextBatch() is { Count: > 0 } batch)
                await Read(batch);
            Interlocked.Exchange(ref _isReading, 0);
        }
        while (!_lookups.IsEmpty && Interlocked.Exchange(ref _isReading, 1) == 0);
    }

    private List<Lookup> NextBatch()
    {
        List<Lookup> batch = [];
        while (batch.Count < MaxBatch && _lookups.TryDequeue(out var lookup))
            batch.Add(lookup);
        return batch;
    }

    private async Task Read(List<Lookup> batch)
    {
        try
        {
            using var deadline = new CancellationTokenSource(Deadline, clock);
            await using var command = database.CreateCommand(
                "SELECT id, epoch FROM users WHERE id = ANY($1) AND status = 'active' AND deleted_at IS NULL");
            command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. batch.Select(lookup => lookup.UserId)] });
            var epochs = new Dictionary<Guid, int>(batch.Count);
            await using (var reader = await command.ExecuteReaderAsync(deadline.Token))
            {
                while (await reader.ReadAsync(deadline.Token))
                    epochs[reader.GetGuid(0)] = reader.GetInt32(1);
            }

            foreach (var lookup in batch)
                lookup.Epoch.SetResult(epochs.TryGetValue(lookup.UserId, out var epoch) ? epoch : null);
        }
        catch (Exception failure)
        {
            foreach (var lookup in batch)
                lookup.Epoch.TrySetException(failure);
        }
    }

    /// <summary>Whether to read: yes while PostgreSQL is available; during an outage only for one caller a second.</summary>
    private bool MayRead()
    {
        var at = Volatile.Read(ref _retryAt);
        if (at == long.MinValue)
            return true;

        var now = clock.GetTimestamp();
        return now >= at && Interlocked.CompareExchange(ref _retryAt, now + (2 * _second), at) == at;
    }

    private sealed record CachedVersion(int? Epoch, long FreshUntil)
    {
        public bool Accepts(int epoch) => Epoch <= epoch;
    }

    private sealed class Lookup(Guid userId)
    {
        public Guid UserId { get; } = userId;
        public TaskCompletionSource<int?> Epoch { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Entry
    {
        private volatile CachedVersion? _cached;

        public CachedVersion? CachedVersion
        {
            get => _cached;
            set => _cached = value;
        }

        public Task<CachedVersion?>? PendingRead { get; set; }
    }
}
