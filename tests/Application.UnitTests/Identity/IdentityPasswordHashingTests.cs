using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Portico.Application.Auth;
using Portico.Application.Common;
using Portico.Infrastructure.Identity;

namespace Portico.Application.UnitTests.Identity;

public sealed class IdentityPasswordHashingTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MeterListener _listener = new();
    private long _rounds;

    public IdentityPasswordHashingTests()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, Meters) && instrument.Name == "portico.password.rounds")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, rounds, _, _) => Interlocked.Add(ref _rounds, rounds));
        _listener.Start();
    }

    private IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    public void Dispose()
    {
        _listener.Dispose();
        _services.Dispose();
    }

    [Fact]
    public async Task Verifies_the_password_that_it_hashed_and_no_other()
    {
        using var hashing = Real(iterations: 1_000);

        var hash = await hashing.Hash("correct horse", CancellationToken.None);

        Assert.Equal(PasswordMatch.Exact, await hashing.Verify(hash, "correct horse", CancellationToken.None));
        Assert.Equal(PasswordMatch.None, await hashing.Verify(hash, "Correct horse", CancellationToken.None));
        Assert.Equal(PasswordMatch.None, await hashing.Verify(null, "correct horse", CancellationToken.None));
        Assert.NotEqual(hash, await hashing.Hash("correct horse", CancellationToken.None));
    }

    [Fact]
    public async Task Without_a_hash_the_same_work_ends_in_a_refusal()
    {
        var hasher = new RecordingHasher();
        using var hashing = Hashing(hasher, new PasswordSettings { Iterations = 1_000 });

        Assert.Equal(PasswordMatch.None, await hashing.Verify(null, "guess", CancellationToken.None));
        Assert.Equal(PasswordMatch.None, await hashing.Verify(null, "guess", CancellationToken.None));
        Assert.Equal(PasswordMatch.Exact, await hashing.Verify("hash of a person", "guess", CancellationToken.None));

        Assert.Equal([("hash", "guess"), ("hash", "guess"), ("hash of a person", "guess")], hasher.Verified);
    }

    [Fact]
    public async Task Works_off_the_threads_that_serve_requests()
    {
        var hasher = new RecordingHasher();
        using var hashing = Hashing(hasher, new PasswordSettings { Iterations = 1_000 });

        await hashing.Hash("x", CancellationToken.None);
        await hashing.Verify("hash", "x", CancellationToken.None);

        Assert.Equal(3, hasher.OnPoolThreads.Length);
        Assert.DoesNotContain(true, hasher.OnPoolThreads);
    }

    [Fact]
    public async Task Refuses_one_more_than_may_wait_and_takes_others_when_there_is_room()
    {
        var hasher = new RecordingHasher();
        hasher.Gate.Reset();
        using var hashing = Hashing(hasher, new PasswordSettings { Iterations = 1_000, MaxWaiting = 2 });
        var accepted = Enumerable.Range(0, Environment.ProcessorCount + 2).Select(_ => hashing.Hash("x", CancellationToken.None)).ToArray();

        var refusal = await Assert.ThrowsAsync<DependencyUnavailableException>(() => hashing.Hash("x", CancellationToken.None));

        Assert.Equal("Password hashing", refusal.Dependency);
        hasher.Gate.Set();
        await Task.WhenAll(accepted).WaitAsync(Deadline);
        Assert.Equal("hash", await hashing.Hash("x", CancellationToken.None).WaitAsync(Deadline));
    }

    [Fact]
    public async Task Whoever_gives_up_waiting_leaves_the_place_to_others()
    {
        var hasher = new RecordingHasher();
        hasher.Gate.Reset();
        using var hashing = Hashing(hasher, new PasswordSettings { Iterations = 1_000, MaxWaiting = 1 });
        using var cancellation = new CancellationTokenSource();
        var running = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => hashing.Hash("x", CancellationToken.None)).ToArray();
        var impatient = hashing.Hash("x", cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient.WaitAsync(Deadline));

        var patient = hashing.Hash("x", CancellationToken.None);

        hasher.Gate.Set();
        await Task.WhenAll([.. running, patient]).WaitAsync(Deadline);
    }

    [Fact]
    public async Task Judges_every_hash_by_the_same_rounds_the_cheaper_and_the_missing_too()
    {
        using var cheap = Real(iterations: 1_000);
        var old = await cheap.Hash("correct horse", CancellationToken.None);
        using var hashing = Real(iterations: 5_000);
        var today = await hashing.Hash("correct horse", CancellationToken.None);
        await hashing.Verify(null, "warm up", CancellationToken.None);

        foreach (var hash in new[] { null, old, today, "", Convert.ToBase64String(new byte[49]) })
        {
            foreach (var password in new[] { "correct horse", "wrong" })
            {
                _rounds = 0;
                var match = await hashing.Verify(hash, password, CancellationToken.None);
                Assert.Equal(hash == today && password != "wrong" ? PasswordMatch.Exact : hash == old && password != "wrong" ? PasswordMatch.Outdated : PasswordMatch.None, match);
                Assert.Equal(5_000, _rounds);
            }
        }
    }

    private IdentityPasswordHashing Real(int iterations) => Hashing(
        new PasswordHasher<Credential>(Options.Create(new PasswordHasherOptions { IterationCount = iterations })), new PasswordSettings { Iterations = iterations });

    private IdentityPasswordHashing Hashing(IPasswordHasher<Credential> hasher, PasswordSettings settings) => new(hasher, settings, Meters);

    private sealed class RecordingHasher : IPasswordHasher<Credential>
    {
        private readonly ConcurrentQueue<bool> _onPoolThreads = [];
        private readonly ConcurrentQueue<(string Hash, string Password)> _verified = [];

        public ManualResetEventSlim Gate { get; } = new(initialState: true);

        public bool[] OnPoolThreads => [.. _onPoolThreads];

        public (string Hash, string Password)[] Verified => [.. _verified];

        public string HashPassword(Credential user, string password)
        {
            _onPoolThreads.Enqueue(Thread.CurrentThread.IsThreadPoolThread);
            Gate.Wait(Deadline);
            return "hash";
        }

        public PasswordVerificationResult VerifyHashedPassword(Credential user, string hashedPassword, string providedPassword)
        {
            _onPoolThreads.Enqueue(Thread.CurrentThread.IsThreadPoolThread);
            _verified.Enqueue((hashedPassword, providedPassword));
            return PasswordVerificationResult.Success;
        }
    }
}
