using System.Collections.Concurrent;
using Npgsql;
using Portico.Application.Auth;
using Portico.Domain.Users;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.AccessTokens;

/// <summary>Remembers the epochs of the people who come, so that a token check seldom asks PostgreSQL.</summary>
/// <remarks>
/// Only those who come are asked for, and each at most once a second: a process that nobody asks asks nothing.
/// One question a person at a time, 1 s at most; those that come while one is being answered are put together. While PostgreSQL is away one
/// is asked a second, and nobody else waits for it.
/// At most 100,000 people are remembered; those who have not come for longest are forgotten.
/// </remarks>
internal sealed class TokenVersions(NpgsqlDataSource database, TimeProvider clock) : ITokenVersions, ICommitObserver
{
    private const int MaxPerGeneration = 50_000;
    private const int MaxTogether = 1_000;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    private readonly long _second = clock.TimestampFrequency;
    private readonly ConcurrentQueue<Question> _questions = new();
    private int _isReading;
    private Generations _people = new([], []);
    private long _askAgainAt = long.MinValue;

    public ValueTask<bool> Accepts(Guid userId, int epoch, CancellationToken cancellationToken)
    {
        var person = Find(userId);
        var cached = person.CachedVersion;
        return (cached is not null && IsFresh(cached)) || !MayAsk()
            ? ValueTask.FromResult(cached is null || cached.Accepts(epoch))
            : AcceptsAfterReading(person, userId, epoch, cancellationToken);
    }

    /// <summary>Drops what is known of people whose records have just been changed by this process.</summary>
    public ValueTask Committed(IReadOnlyList<WrittenRecord> records)
    {
        foreach (var record in records)
        {
            if (record.Record is User user)
                Forget(user.Id);
        }

        return ValueTask.CompletedTask;
    }

    private void Forget(Guid userId)
    {
        var people = Volatile.Read(ref _people);
        if (!people.Young.TryGetValue(userId, out var person) && !people.Old.TryGetValue(userId, out person))
            return;

        lock (person)
        {
            // An answer that is under way may be from before the change.
            person.Asking = null;
            person.CachedVersion = person.CachedVersion is { } old ? old with { FreshUntil = long.MinValue } : null;
        }
    }

    private async ValueTask<bool> AcceptsAfterReading(Person person, Guid userId, int epoch, CancellationToken cancellationToken)
    {
        Task<CachedVersion?> asking;
        lock (person)
            asking = person.Asking ?? Ask(person, userId);
        return await asking.WaitAsync(cancellationToken) is not { } cached || cached.Accepts(epoch);
    }

    private Task<CachedVersion?> Ask(Person person, Guid userId)
    {
        var answer = new TaskCompletionSource<CachedVersion?>(TaskCreationOptions.RunContinuationsAsynchronously);
        person.Asking = answer.Task;
        _ = Ask(person, userId, answer);
        return answer.Task;
    }

    private async Task Ask(Person person, Guid userId, TaskCompletionSource<CachedVersion?> answer)
    {
        try
        {
            var askedAt = clock.GetTimestamp();
            var epoch = await Read(userId).WaitAsync(Deadline, clock);
            Volatile.Write(ref _askAgainAt, long.MinValue);
            Finish(person, answer, new CachedVersion(epoch, askedAt + _second));
        }
        catch (Exception failure) when (failure is TimeoutException or OperationCanceledException || DatabaseOutage.Is(failure))
        {
            Volatile.Write(ref _askAgainAt, clock.GetTimestamp() + _second);
            Finish(person, answer, person.CachedVersion);
        }
        catch (Exception failure)
        {
            Finish(person, answer, person.CachedVersion, failure);
        }
    }

    private static void Finish(Person person, TaskCompletionSource<CachedVersion?> answer, CachedVersion? cached, Exception? failure = null)
    {
        lock (person)
        {
            if (person.Asking == answer.Task)
                (person.Asking, person.CachedVersion) = (null, cached);
        }

        if (failure is null)
            answer.SetResult(cached);
        else
            answer.SetException(failure);
    }

    /// <returns><c>null</c> for who may not sign in.</returns>
    private Task<int?> Read(Guid userId)
    {
        var question = new Question(userId);
        _questions.Enqueue(question);
        if (Interlocked.Exchange(ref _isReading, 1) == 0)
            _ = ReadAll();
        return question.Epoch.Task;
    }

    private async Task ReadAll()
    {
        do
        {
            while (Together() is { Count: > 0 } together)
                await Read(together);
            Interlocked.Exchange(ref _isReading, 0);
        }
        while (!_questions.IsEmpty && Interlocked.Exchange(ref _isReading, 1) == 0);
    }

    private List<Question> Together()
    {
        List<Question> together = [];
        while (together.Count < MaxTogether && _questions.TryDequeue(out var question))
            together.Add(question);
        return together;
    }

    private async Task Read(List<Question> together)
    {
        try
        {
            using var deadline = new CancellationTokenSource(Deadline, clock);
            await using var command = database.CreateCommand(
                "SELECT id, epoch FROM users WHERE id = ANY($1) AND status = 'active' AND deleted_at IS NULL");
            command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. together.Select(question => question.UserId)] });
            var epochs = new Dictionary<Guid, int>(together.Count);
            await using (var reader = await command.ExecuteReaderAsync(deadline.Token))
            {
                while (await reader.ReadAsync(deadline.Token))
                    epochs[reader.GetGuid(0)] = reader.GetInt32(1);
            }

            foreach (var question in together)
                question.Epoch.SetResult(epochs.TryGetValue(question.UserId, out var epoch) ? epoch : null);
        }
        catch (Exception failure)
        {
            foreach (var question in together)
                question.Epoch.TrySetException(failure);
        }
    }

    private bool IsFresh(CachedVersion cached) => clock.GetTimestamp() < cached.FreshUntil;

    /// <summary>Whether PostgreSQL is there; while it is away, whether it is this caller who finds out.</summary>
    private bool MayAsk()
    {
        var at = Volatile.Read(ref _askAgainAt);
        if (at == long.MinValue)
            return true;

        var now = clock.GetTimestamp();
        return now >= at && Interlocked.CompareExchange(ref _askAgainAt, now + (2 * _second), at) == at;
    }

    private Person Find(Guid userId)
    {
        var people = Volatile.Read(ref _people);
        if (people.Young.TryGetValue(userId, out var person))
            return person;

        person = people.Young.GetOrAdd(userId, static (id, old) => old.GetValueOrDefault(id) ?? new Person(), people.Old);
        if (people.Young.Count >= MaxPerGeneration)
            Interlocked.CompareExchange(ref _people, new Generations([], people.Young), people);
        return person;
    }

    private sealed record CachedVersion(int? Epoch, long FreshUntil)
    {
        public bool Accepts(int epoch) => Epoch <= epoch;
    }

    private sealed class Question(Guid userId)
    {
        public Guid UserId { get; } = userId;
        public TaskCompletionSource<int?> Epoch { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Person
    {
        private volatile CachedVersion? _cached;

        public CachedVersion? CachedVersion
        {
            get => _cached;
            set => _cached = value;
        }

        public Task<CachedVersion?>? Asking { get; set; }
    }

    /// <summary>Whoever comes is moved among the young; when these are many, the old are forgotten and the young grow old.</summary>
    private sealed record Generations(ConcurrentDictionary<Guid, Person> Young, ConcurrentDictionary<Guid, Person> Old);
}
