using Portico.Application.Common.Security;
using Portico.Application.Dashboard;
using Portico.Domain.Common;
using Portico.Infrastructure.Aggregation;

namespace Portico.Application.UnitTests.Aggregation;

public sealed class CoalescedReadsTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    private readonly CallerWrites _writes = new();
    private readonly PartKey _key = new("part", new CallerKey(Guid.NewGuid(), 1, "en"));
    private readonly TaskCompletionSource<Result<byte[]>> _held = new();
    private readonly CoalescedReads _reads;
    private int _made;
    private int _cancelled;

    public CoalescedReadsTests() => _reads = new CoalescedReads(_writes);

    [Fact]
    public async Task A_thousand_equal_reads_are_one_read_and_another_caller_has_their_own()
    {
        var other = _key with { Caller = new CallerKey(Guid.NewGuid(), 1, "en") };
        Task<Result<byte[]>>[] all =
            [.. Enumerable.Range(0, 1_000).Select(_ => Read(_key)), .. Enumerable.Range(0, 10).Select(_ => Read(other))];
        _held.SetResult(new byte[] { 7 });

        Assert.All(await Task.WhenAll(all), result => Assert.Equal([7], result.Value));
        Assert.Equal(2, _made);
        // The next one comes too late to join.
        await Read(_key);
        Assert.Equal(3, _made);
    }

    [Fact]
    public async Task A_new_role_or_language_is_another_caller()
    {
        Task<Result<byte[]>>[] all =
        [
            Read(_key), Read(_key with { Caller = _key.Caller with { Epoch = 2 } }),
            Read(_key with { Caller = _key.Caller with { Locale = "ru" } }),
        ];
        _held.SetResult(Array.Empty<byte>());
        await Task.WhenAll(all);
        Assert.Equal(3, _made);
    }

    [Fact]
    public async Task The_first_reader_may_leave_and_only_the_last_one_ends_the_read()
    {
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        var (one, two) = (Read(_key, token: first.Token), Read(_key, token: second.Token));

        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        Assert.Equal(0, _cancelled);
        Assert.False(two.IsCompleted);

        await second.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => two);
        await Until(() => _cancelled == 1);
    }

    [Fact]
    public async Task A_reader_who_joined_goes_on_when_the_read_ends_at_the_limit_of_the_first_one()
    {
        var (first, second) = (Read(_key, Short), Read(_key));
        Assert.Equal(DashboardErrors.PartTimeout, (await first).Error);
        // A read of their own, with their own limit.
        await Until(() => _made == 2);
        _held.SetResult(Array.Empty<byte>());
        Assert.True((await second).IsSuccess);
    }

    [Fact]
    public async Task A_late_read_is_a_timeout_and_is_cancelled()
    {
        Assert.Equal(DashboardErrors.PartTimeout, (await Read(_key, Short)).Error);
        await Until(() => _cancelled == 1);
    }

    [Fact]
    public async Task A_late_answer_does_not_wait_for_the_end_of_the_read()
    {
        using var answered = new ManualResetEventSlim();
        var unwound = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var late = _reads.Read(
            _key,
            Short,
            async stop =>
            {
                stop.Register(() => unwound.SetResult(answered.Wait(TimeSpan.FromSeconds(20), CancellationToken.None)));
                return await _held.Task;
            },
            CancellationToken.None);

        Assert.Equal(DashboardErrors.PartTimeout, (await late).Error);
        answered.Set();
        Assert.True(await unwound.Task);
    }

    [Fact]
    public async Task A_failed_read_fails_for_all_its_readers()
    {
        var (one, two) = (Read(_key), Read(_key));
        _held.SetException(new InvalidOperationException("bug"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => one);
        await Assert.ThrowsAsync<InvalidOperationException>(() => two);
        Assert.Equal(1, _made);
    }

    [Fact]
    public async Task Nobody_joins_a_read_from_before_their_own_change()
    {
        var before = Read(_key);
        _writes.Add(_key.Caller.UserId);
        var after = Read(_key);
        Assert.Equal(2, _made);
        _held.SetResult(Array.Empty<byte>());
        await Task.WhenAll(before, after);
    }

    private Task<Result<byte[]>> Read(PartKey key, TimeSpan? limit = null, CancellationToken token = default) => _reads.Read(
        key,
        limit ?? Long,
        async stop =>
        {
            Interlocked.Increment(ref _made);
            try
            {
                return await _held.Task.WaitAsync(stop);
            }
            catch (OperationCanceledException)
            {
                Interlocked.Increment(ref _cancelled);
                throw;
            }
        },
        token);

    private static async Task Until(Func<bool> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition())
            await timer.WaitForNextTickAsync(late.Token);
    }
}
