using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Auth;
using Portico.Application.Common;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Passwords;

namespace Portico.Application.UnitTests.Passwords;

public sealed class PasswordHashingTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    private IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    public void Dispose() => _services.Dispose();

    [Theory]
    [InlineData(PasswordAlgorithm.Argon2id)]
    [InlineData(PasswordAlgorithm.Pbkdf2)]
    [InlineData(PasswordAlgorithm.Bcrypt)]
    public async Task Verifies_the_password_that_it_hashed_and_no_other(PasswordAlgorithm algorithm)
    {
        using var hashing = Real(algorithm);

        var hash = await hashing.Hash("correct horse", CancellationToken.None);

        Assert.Equal(PasswordMatch.Exact, await hashing.Verify(hash, "correct horse", CancellationToken.None));
        Assert.Equal(PasswordMatch.None, await hashing.Verify(hash, "Correct horse", CancellationToken.None));
        Assert.Equal(PasswordMatch.None, await hashing.Verify(null, "correct horse", CancellationToken.None));
        Assert.NotEqual(hash, await hashing.Hash("correct horse", CancellationToken.None));
    }

    [Fact]
    public async Task A_hash_of_another_algorithm_or_a_weaker_one_is_outdated_and_a_stronger_one_is_not()
    {
        using var hashing = Real(PasswordAlgorithm.Argon2id);
        foreach (var other in new[] { PasswordAlgorithm.Pbkdf2, PasswordAlgorithm.Bcrypt })
        {
            using var old = Real(other);
            var hash = await old.Hash("correct horse", CancellationToken.None);
            Assert.Equal(PasswordMatch.Outdated, await hashing.Verify(hash, "correct horse", CancellationToken.None));
            Assert.Equal(PasswordMatch.None, await hashing.Verify(hash, "wrong horse", CancellationToken.None));
        }

        using var strong = Real(PasswordAlgorithm.Argon2id, memoryKiB: 256);
        var (weaker, stronger) = (await hashing.Hash("x", CancellationToken.None), await strong.Hash("x", CancellationToken.None));
        Assert.Equal(PasswordMatch.Outdated, await strong.Verify(weaker, "x", CancellationToken.None));
        Assert.Equal(PasswordMatch.Exact, await hashing.Verify(stronger, "x", CancellationToken.None));
    }

    [Fact]
    public async Task The_spelling_of_letters_does_not_matter_and_a_hash_of_what_was_typed_is_replaced()
    {
        const string composed = "Caf\u00E9-2026-horse";
        const string decomposed = "Cafe\u0301-2026-horse";
        using var hashing = Real(PasswordAlgorithm.Argon2id);
        var hash = await hashing.Hash(decomposed, CancellationToken.None);
        var old = new Argon2idAlgorithm(Settings(PasswordAlgorithm.Argon2id)).Hash(decomposed);

        Assert.Equal(PasswordMatch.Exact, await hashing.Verify(hash, composed, CancellationToken.None));
        Assert.Equal(PasswordMatch.Exact, await hashing.Verify(hash, decomposed, CancellationToken.None));
        Assert.Equal(PasswordMatch.Outdated, await hashing.Verify(old, decomposed, CancellationToken.None));
        Assert.Equal(PasswordMatch.None, await hashing.Verify(hash, "\uFF23af\u00E9-2026-horse", CancellationToken.None));
    }

    [Fact]
    public async Task Computes_every_kind_that_is_stored_for_every_account_and_for_none()
    {
        var (chosen, other) = (new RecordingAlgorithm("new"), new RecordingAlgorithm("old"));
        using var hashing = Hashing(new PasswordSettings(), chosen, other);
        hashing.SetStoredKinds(["old:1", "new:7", "old:2", "nonsense"]);

        foreach (var hash in new[] { null, "new:0", "new:7", "old:1", "old:2", "nonsense", "" })
        {
            foreach (var password in new[] { "right", "wrong" })
            {
                RecordingAlgorithm.Work.Value = [];
                var match = await hashing.Verify(hash, password, CancellationToken.None);
                var expected = hash is null or "" or "nonsense" || password == "wrong" ? PasswordMatch.None
                    : hash[0] == 'o' ? PasswordMatch.Outdated
                    : PasswordMatch.Exact;
                Assert.Equal(expected, match);
                Assert.Equal(["new:0", "old:1", "new:7", "old:2"], RecordingAlgorithm.Work.Value);
            }
        }
    }

    [Fact]
    public async Task A_kind_that_is_met_for_the_first_time_is_computed_for_all_from_then_on_up_to_a_bound()
    {
        var (chosen, other) = (new RecordingAlgorithm("new"), new RecordingAlgorithm("old"));
        using var hashing = Hashing(new PasswordSettings(), chosen, other);
        foreach (var cost in Enumerable.Range(1, 9))
            Assert.Equal(PasswordMatch.Outdated, await hashing.Verify($"old:{cost}", "right", CancellationToken.None));

        RecordingAlgorithm.Work.Value = [];
        await hashing.Verify(null, "right", CancellationToken.None);

        Assert.Equal(["new:0", "old:1", "old:2", "old:3"], RecordingAlgorithm.Work.Value);
        Assert.Equal(PasswordHashing.MaxKinds, RecordingAlgorithm.Work.Value!.Count);
        Assert.Equal(6, hashing.SetStoredKinds(Enumerable.Range(1, 9).Select(cost => $"old:{cost}")));
        Assert.Equal(0, hashing.SetStoredKinds([]));
        RecordingAlgorithm.Work.Value = [];
        await hashing.Verify(null, "right", CancellationToken.None);
        Assert.Equal(["new:0"], RecordingAlgorithm.Work.Value);
    }

    [Fact]
    public async Task Works_off_the_threads_that_serve_requests()
    {
        var algorithm = new RecordingAlgorithm("new");
        using var hashing = Hashing(new PasswordSettings(), algorithm);

        await hashing.Hash("x", CancellationToken.None);
        await hashing.Verify("new:0", "x", CancellationToken.None);

        Assert.Equal(2, algorithm.OnPoolThreads.Count);
        Assert.DoesNotContain(true, algorithm.OnPoolThreads);
    }

    [Fact]
    public async Task Refuses_one_more_than_may_wait_and_takes_others_when_there_is_room()
    {
        var algorithm = new RecordingAlgorithm("new");
        algorithm.Gate.Reset();
        using var hashing = Hashing(new PasswordSettings { MaxWaiting = 2 }, algorithm);
        var accepted = Enumerable.Range(0, Environment.ProcessorCount + 2).Select(_ => hashing.Hash("x", CancellationToken.None)).ToArray();

        var error = await Assert.ThrowsAsync<DependencyUnavailableException>(() => hashing.Hash("x", CancellationToken.None));

        Assert.Equal("Password hashing", error.Dependency);
        algorithm.Gate.Set();
        await Task.WhenAll(accepted).WaitAsync(Deadline);
        Assert.Equal("new:0", await hashing.Hash("x", CancellationToken.None).WaitAsync(Deadline));
    }

    [Fact]
    public async Task Runs_no_more_at_once_than_there_is_memory_for()
    {
        // Room for one: a processor alone does not make room for another.
        var algorithm = new RecordingAlgorithm("new", memoryKiB: 40 * 1024);
        algorithm.Gate.Reset();
        using var hashing = Hashing(new PasswordSettings { MaxMemoryMiB = 64, MaxWaiting = 1 }, algorithm);
        var first = hashing.Hash("x", CancellationToken.None);
        var waiting = hashing.Hash("x", CancellationToken.None);

        await Assert.ThrowsAsync<DependencyUnavailableException>(() => hashing.Hash("x", CancellationToken.None));

        algorithm.Gate.Set();
        await Task.WhenAll(first, waiting).WaitAsync(Deadline);
        Assert.Equal(1, algorithm.MostAtOnce);
    }

    [Fact]
    public async Task A_request_that_gives_up_waiting_leaves_its_place_to_others()
    {
        var algorithm = new RecordingAlgorithm("new");
        algorithm.Gate.Reset();
        using var hashing = Hashing(new PasswordSettings { MaxWaiting = 1 }, algorithm);
        using var cancellation = new CancellationTokenSource();
        var running = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => hashing.Hash("x", CancellationToken.None)).ToArray();
        var impatient = hashing.Hash("x", cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient.WaitAsync(Deadline));

        var patient = hashing.Hash("x", CancellationToken.None);

        algorithm.Gate.Set();
        await Task.WhenAll([.. running, patient]).WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_reserved_place_is_not_refused_and_is_free_when_it_is_not_used()
    {
        var algorithm = new RecordingAlgorithm("new");
        algorithm.Gate.Reset();
        using var hashing = Hashing(new PasswordSettings { MaxWaiting = 1 }, algorithm);
        var running = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => hashing.Hash("x", CancellationToken.None)).ToArray();
        hashing.Reserve().Dispose();
        using var place = hashing.Reserve();
        Assert.Throws<DependencyUnavailableException>(hashing.Reserve);
        await Assert.ThrowsAsync<DependencyUnavailableException>(() => hashing.Hash("x", CancellationToken.None));

        var reserved = place.Hash("x", CancellationToken.None);

        algorithm.Gate.Set();
        await Task.WhenAll([.. running, reserved]).WaitAsync(Deadline);
        place.Dispose();
        hashing.Reserve().Dispose();
        using var next = hashing.Reserve();
        Assert.Throws<DependencyUnavailableException>(hashing.Reserve);
    }

    private static PasswordSettings Settings(PasswordAlgorithm algorithm, int memoryKiB = 64)
    {
        var settings = new PasswordSettings
        {
            Algorithm = algorithm,
            Argon2MemoryKiB = memoryKiB,
            Argon2Iterations = 1,
            Pbkdf2Iterations = 1_000,
            BcryptCost = 4,
        };
        Assert.Empty(settings.Validate());
        return settings;
    }

    private PasswordHashing Real(PasswordAlgorithm algorithm, int memoryKiB = 64) => new(Settings(algorithm, memoryKiB), Meters);

    private PasswordHashing Hashing(PasswordSettings settings, params IPasswordAlgorithm[] algorithms) => new(settings, Meters, algorithms);

    /// <summary>Hashes are its name and a cost, and belong to one password.</summary>
    private sealed class RecordingAlgorithm(string name, int memoryKiB = 0) : IPasswordAlgorithm
    {
        private int _running;
        private int _mostAtOnce;

        public static AsyncLocal<List<string>?> Work { get; } = new();

        public ManualResetEventSlim Gate { get; } = new(initialState: true);
        public ConcurrentQueue<bool> OnPoolThreads { get; } = [];
        public int MostAtOnce => _mostAtOnce;
        public string Name => name;
        public HashKind Kind => new(this, $"{name}:0", memoryKiB);

        public HashKind? KindOf(string hash) =>
            hash.StartsWith($"{name}:", StringComparison.Ordinal) ? new HashKind(this, hash, memoryKiB) : null;

        public string Hash(string password)
        {
            OnPoolThreads.Enqueue(Thread.CurrentThread.IsThreadPoolThread);
            _mostAtOnce = Math.Max(_mostAtOnce, Interlocked.Increment(ref _running));
            Gate.Wait(Deadline);
            Interlocked.Decrement(ref _running);
            return $"{name}:0";
        }

        public bool Verify(string hash, string password)
        {
            OnPoolThreads.Enqueue(Thread.CurrentThread.IsThreadPoolThread);
            Work.Value?.Add(hash);
            return password != "wrong";
        }

        public bool IsWeaker(string hash) => false;
    }
}
