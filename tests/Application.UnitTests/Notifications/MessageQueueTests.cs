using System.Collections.Concurrent;
using System.Threading.Channels;
using Portico.Application.Common;
using Portico.Application.Notifications;
using Portico.Domain.Users;
using Portico.Infrastructure.Notifications;

namespace Portico.Application.UnitTests.Notifications;

public sealed class MessageQueueTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly HurriedClock _clock = new();
    private readonly RecordingLogger<MessageQueue> _log = new();

    [Fact]
    public async Task Sends_in_the_background()
    {
        var channel = new ScriptedChannel((_, _) => Task.CompletedTask);
        using var queue = Queue(channel);
        await queue.StartAsync(CancellationToken.None);

        queue.Send(A("one"));

        Assert.Equal("one", (await channel.Sent(1))[0]);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task Tries_a_failed_message_again_after_growing_pauses()
    {
        var failures = 3;
        var channel = new ScriptedChannel((_, _) => failures-- > 0 ? throw new IOException("away") : Task.CompletedTask);
        using var queue = Queue(channel);
        await queue.StartAsync(CancellationToken.None);

        queue.Send(A("one"));

        await channel.Sent(1);
        Assert.Equal([TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(20)], _clock.Pauses);
        Assert.Equal(4, channel.Ids.Count);
        Assert.Single(channel.Ids.Distinct());
    }

    [Fact]
    public async Task Gives_up_at_once_what_was_refused_for_good()
    {
        var channel = new ScriptedChannel((message, _) =>
            message.Text == "bad" ? throw new MessageRejectedException("No such mailbox.") : Task.CompletedTask);
        using var queue = Queue(channel);
        await queue.StartAsync(CancellationToken.None);

        queue.Send(A("bad"));
        queue.Send(A("good"));

        await channel.Sent(1);
        await queue.StopAsync(CancellationToken.None);
        Assert.Empty(_clock.Pauses);
        // Strangers can cause it, so it is no error.
        Assert.StartsWith(
            "Warning: A message to a***@example.com was permanently rejected: No such mailbox.", Assert.Single(_log.Lines),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gives_a_message_up_after_four_tries_and_goes_on_with_the_next()
    {
        var tries = new ConcurrentQueue<string>();
        var channel = new ScriptedChannel((message, _) =>
        {
            tries.Enqueue(message.Text);
            return message.Text == "bad" ? throw new IOException("away") : Task.CompletedTask;
        });
        using var queue = Queue(channel);
        await queue.StartAsync(CancellationToken.None);

        for (var i = 0; i < 8; i++)
            queue.Send(A("bad"));
        queue.Send(A("good"));

        await channel.Sent(1);
        await queue.StopAsync(CancellationToken.None);
        Assert.Equal(8 * 4, tries.Count(text => text == "bad"));
        Assert.Equal(
            8, _log.Lines.Count(line => line.StartsWith("Error: A message to a***@example.com was given up", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Sends_the_messages_of_others_while_failed_ones_wait_for_their_next_try()
    {
        var channel = new ScriptedChannel((message, _) =>
            message.Text == "bad" ? throw new IOException("try again later") : Task.CompletedTask);
        using var queue = new MessageQueue([channel], [], new MailSettings { MaxQueued = 100 }, new StoppedClock(), _log);
        await queue.StartAsync(CancellationToken.None);

        for (var i = 0; i < 8; i++)
            queue.Send(A("bad"));
        queue.Send(A("good"));

        Assert.Equal("good", (await channel.Sent(1))[0]);
    }

    [Fact]
    public async Task Logs_neither_the_address_nor_the_text()
    {
        var failed = false;
        var channel = new ScriptedChannel((_, _) =>
        {
            if (failed)
                return Task.CompletedTask;
            failed = true;
            throw new IOException("away");
        });
        using var queue = Queue(channel);
        await queue.StartAsync(CancellationToken.None);

        queue.Send(A("the code is 123456"));

        await channel.Sent(1);
        var line = Assert.Single(_log.Lines);
        Assert.Contains("a***@example.com", line, StringComparison.Ordinal);
        Assert.DoesNotContain("ada@", line, StringComparison.Ordinal);
        Assert.DoesNotContain("123456", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_one_message_more_than_its_bound()
    {
        using var queue = Queue(new ScriptedChannel((_, _) => Task.CompletedTask), maxQueued: 2);
        queue.Send(A("one"));
        queue.Send(A("two"));

        var error = Assert.Throws<DependencyUnavailableException>(() => queue.Send(A("three")));

        Assert.Equal("The message queue", error.Dependency);
        Assert.True(error.RetryAfter > TimeSpan.Zero);
    }

    [Fact]
    public async Task Sends_what_is_queued_before_it_stops()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var channel = new ScriptedChannel((_, _) => gate.Task);
        using var queue = Queue(channel);
        await queue.StartAsync(CancellationToken.None);
        for (var i = 0; i < 20; i++)
            queue.Send(A($"No {i}"));

        var stopping = queue.StopAsync(CancellationToken.None);
        Assert.False(stopping.IsCompleted);
        Assert.Throws<DependencyUnavailableException>(() => queue.Send(A("too late")));
        gate.SetResult();

        await stopping.WaitAsync(Deadline);
        Assert.Equal(20, (await channel.Sent(20)).Length);
    }

    [Fact]
    public async Task Stops_in_the_time_that_the_host_gives()
    {
        var channel = new ScriptedChannel((_, cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken));
        using var queue = Queue(channel);
        await queue.StartAsync(CancellationToken.None);
        queue.Send(A("stuck"));
        await channel.Begun.WaitAsync(Deadline);

        await queue.StopAsync(new CancellationToken(canceled: true)).WaitAsync(Deadline);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queue.ExecuteTask!.WaitAsync(Deadline));
    }

    [Fact]
    public async Task A_message_that_no_channel_takes_harms_nobody_but_its_sender()
    {
        var channel = new ScriptedChannel((_, _) => Task.CompletedTask);
        using var queue = Queue(channel);
        await queue.StartAsync(CancellationToken.None);

        for (var i = 0; i < 8; i++)
            Assert.Throws<InvalidOperationException>(() => queue.Send(new Message(Requests.Phone(), "Subject", "x")));
        queue.Send(A("one"));

        Assert.Equal("one", (await channel.Sent(1))[0]);
        Assert.False(queue.Reaches(ContactKind.Phone));
        Assert.True(queue.Reaches(ContactKind.Email));
    }

    private MessageQueue Queue(IMessageChannel channel, int maxQueued = 100) =>
        new([channel], [], new MailSettings { MaxQueued = maxQueued }, _clock, _log);

    private static Message A(string text) => new(Requests.Email(), "Subject", text);

    private sealed class ScriptedChannel(Func<Message, CancellationToken, Task> send) : IMessageChannel
    {
        private readonly Channel<string> _sent = Channel.CreateUnbounded<string>();
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Begun => _begun.Task;

        public ConcurrentQueue<Guid> Ids { get; } = [];

        public bool Reaches(ContactKind kind) => kind == ContactKind.Email;

        public async Task Send(Message message, Guid id, CancellationToken cancellationToken)
        {
            _begun.TrySetResult();
            Ids.Enqueue(id);
            await send(message, cancellationToken);
            _sent.Writer.TryWrite(message.Text);
        }

        public async Task<string[]> Sent(int count)
        {
            var sent = new string[count];
            for (var i = 0; i < count; i++)
                sent[i] = await _sent.Reader.ReadAsync().AsTask().WaitAsync(Deadline);
            return sent;
        }
    }

    /// <summary>A clock on which no pause ends.</summary>
    private sealed class StoppedClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A clock on which every pause is over at once and is noted.</summary>
    private sealed class HurriedClock : TimeProvider
    {
        private readonly ConcurrentQueue<TimeSpan> _pauses = [];

        public TimeSpan[] Pauses => [.. _pauses];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _pauses.Enqueue(dueTime);
            return System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }
}
