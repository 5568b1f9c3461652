using Portico.DevStack;
using Portico.Nats;
using Portico.Nats.JetStream;
using Portico.Testing;

namespace Portico.IntegrationTests.Nats;

public sealed class JetStreamTests : IAsyncLifetime
{
    private readonly string _name = $"T{Guid.NewGuid():N}";
    private LocalStack _stack = null!;
    private NatsConnection _nats = null!;
    private NatsJSContext _js = null!;

    public async Task InitializeAsync()
    {
        _stack = await SharedStack.GetAsync();
        _nats = Connect(_stack);
        _js = new NatsJSContext(_nats);
        await _js.CreateStreamAsync(new StreamConfig { Name = _name, Subjects = [$"{_name}.>"], DuplicateWindow = TimeSpan.FromMinutes(1) });
    }

    public async Task DisposeAsync()
    {
        await _js.DeleteStreamAsync(_name);
        await _nats.DisposeAsync();
    }

    [Fact]
    public async Task Keeps_a_message_id_once()
    {
        var first = await _js.PublishAsync($"{_name}.a", "one", new NatsJSPubOpts { MsgId = "1" });
        var second = await _js.PublishAsync($"{_name}.a", "one", new NatsJSPubOpts { MsgId = "1" });

        Assert.True(first.IsSuccess());
        Assert.True(second.Duplicate);
        Assert.Equal(first.Seq, second.Seq);
        Assert.Throws<NatsJSDuplicateMessageException>(second.EnsureSuccess);
    }

    [Fact]
    public async Task Takes_down_thousands_that_are_under_way_at_once()
    {
        // Off the few threads that tests share.
        var acks = await Task.Run(() => Task.WhenAll(
            Enumerable.Range(0, 5_000).Select(i => _js.PublishAsync($"{_name}.a", $"{i}", new NatsJSPubOpts { MsgId = $"{i}" }).AsTask())));

        Assert.Equal(5_000, acks.Select(ack => ack.Seq).Distinct().Count());
        Assert.Equal(5_000, (await _js.GetStreamAsync(_name)).Info.State.Messages);
    }

    [Fact]
    public async Task Delivers_to_a_durable_consumer_until_it_is_acknowledged()
    {
        var consumer = await _js.CreateOrUpdateConsumerAsync(_name, new ConsumerConfig("worker") { AckWait = TimeSpan.FromSeconds(30), MaxDeliver = 5 });
        for (var i = 0; i < 3; i++)
            await _js.PublishAsync($"{_name}.a", $"{i}");

        var seen = new List<(string?, ulong)>();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await foreach (var message in consumer.ConsumeAsync<string>(cancellationToken: deadline.Token))
        {
            seen.Add((message.Data, message.Metadata!.Value.NumDelivered));
            if (message.Data == "1" && message.Metadata.Value.NumDelivered == 1)
                await message.NakAsync(delay: TimeSpan.FromMilliseconds(50));
            else
                await message.AckAsync(new AckOpts { DoubleAck = true });
            if (seen.Count == 4)
                break;
        }

        Assert.Equal([("0", 1ul), ("1", 1ul), ("2", 1ul), ("1", 2ul)], seen);
        await consumer.RefreshAsync();
        Assert.Equal(3ul, consumer.Info.AckFloor.StreamSeq);
        Assert.Equal(0, consumer.Info.NumAckPending);
    }

    [Fact]
    public async Task Gives_the_error_of_a_refused_publishing_and_no_place()
    {
        var refused = await _js.PublishAsync($"{_name}.a", "one", new NatsJSPubOpts { ExpectedStream = "ANOTHER" });

        Assert.Equal(10060, refused.Error?.ErrCode);
        Assert.False(refused.IsSuccess());
        Assert.Throws<NatsJSApiException>(refused.EnsureSuccess);
        Assert.Equal(0, (await _js.GetStreamAsync(_name)).Info.State.Messages);
    }

    [Fact]
    public async Task Says_at_once_that_no_stream_takes_the_subject() =>
        await Assert.ThrowsAsync<NatsJSPublishNoResponseException>(async () => await _js.PublishAsync("no.stream.here", "one"));

    [Fact]
    public async Task Names_a_stream_that_is_not_there()
    {
        var missing = await Assert.ThrowsAsync<NatsJSApiException>(async () => await _js.GetStreamAsync("MISSING"));
        Assert.Equal(404, missing.Error.Code);
    }

    [Fact]
    public async Task Refuses_loudly_when_the_stream_is_full()
    {
        var full = $"F{_name}";
        await _js.CreateStreamAsync(new StreamConfig { Name = full, Subjects = [$"{full}.>"], MaxMsgs = 1, Discard = StreamConfigDiscard.New });

        Assert.True((await _js.PublishAsync($"{full}.a", "one")).IsSuccess());
        Assert.NotNull((await _js.PublishAsync($"{full}.a", "two")).Error);
        Assert.True(await _js.DeleteStreamAsync(full));
    }

    [Fact]
    public async Task Ends_a_pull_that_finds_nothing()
    {
        var consumer = await _js.CreateOrUpdateConsumerAsync(_name, new ConsumerConfig("idle"));

        Assert.Null(await consumer.NextAsync<string>(new NatsJSNextOpts { Expires = TimeSpan.FromSeconds(1) }));
        Assert.Empty(await ToListAsync(consumer.FetchNoWaitAsync<string>(new NatsJSFetchOpts { MaxMsgs = 10 })));
        // Heartbeats (100) come while it waits, and do not end it.
        Assert.Empty(await ToListAsync(consumer.FetchAsync<string>(
            new NatsJSFetchOpts { MaxMsgs = 10, Expires = TimeSpan.FromSeconds(1.5), IdleHeartbeat = TimeSpan.FromSeconds(0.5) })));
    }

    [Fact]
    public async Task Finds_out_behind_silence_that_the_consumer_is_gone()
    {
        var consumer = await _js.CreateOrUpdateConsumerAsync(_name, new ConsumerConfig("gone"));
        await _js.DeleteConsumerAsync(_name, "gone");

        await Assert.ThrowsAnyAsync<NatsException>(async () => await consumer.NextAsync<string>(new NatsJSNextOpts { Expires = TimeSpan.FromSeconds(1) }));
    }

    [Fact]
    public async Task Is_told_that_the_consumer_is_deleted_while_it_waits()
    {
        var consumer = await _js.CreateOrUpdateConsumerAsync(_name, new ConsumerConfig("deleted"));
        var waiting = consumer.NextAsync<string>(new NatsJSNextOpts { Expires = TimeSpan.FromSeconds(20) }).AsTask();
        await Eventually.Holds(async () => (await _js.GetConsumerAsync(_name, "deleted")).Info.NumWaiting == 1, "the pull waits");
        await _js.DeleteConsumerAsync(_name, "deleted");

        var end = await Assert.ThrowsAsync<NatsJSProtocolException>(() => waiting);
        Assert.Equal(409, end.HeaderCode);
    }

    [Fact]
    public async Task Waits_out_too_many_unanswered_messages()
    {
        var consumer = await _js.CreateOrUpdateConsumerAsync(_name, new ConsumerConfig("narrow") { MaxAckPending = 1 });
        await _js.PublishAsync($"{_name}.a", "one");
        await _js.PublishAsync($"{_name}.a", "two");

        var first = (await consumer.NextAsync<string>())!.Value;
        Assert.Null(await consumer.NextAsync<string>(new NatsJSNextOpts { Expires = TimeSpan.FromSeconds(1) }));
        await first.AckAsync();
        Assert.Equal("two", (await consumer.NextAsync<string>())!.Value.Data);
    }

    [Fact]
    public async Task Gives_back_at_once_what_was_pulled_and_not_read()
    {
        for (var round = 0; round < 25; round++)
        {
            var subject = $"{_name}.{round}";
            var consumer = await _js.CreateOrUpdateConsumerAsync(_name, new ConsumerConfig($"leaver{round}") { AckWait = TimeSpan.FromMinutes(10), FilterSubject = subject });
            for (var i = 0; i < 10; i++)
                await _js.PublishAsync(subject, $"{i}");

            await foreach (var message in consumer.ConsumeAsync<string>())
            {
                await message.AckAsync();
                break;
            }

            // At least once: one may come twice.
            var rest = new HashSet<string?>(StringComparer.Ordinal);
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            await foreach (var message in consumer.ConsumeAsync<string>(cancellationToken: deadline.Token))
            {
                rest.Add(message.Data);
                await message.AckAsync();
                if (rest.Count == 9)
                    break;
            }

            Assert.Equal(["1", "2", "3", "4", "5", "6", "7", "8", "9"], rest.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Delivers_no_more_what_is_terminated_and_later_what_makes_progress()
    {
        var consumer = await _js.CreateOrUpdateConsumerAsync(_name, new ConsumerConfig("picky") { AckWait = TimeSpan.FromSeconds(1) });
        await _js.PublishAsync($"{_name}.a", "poison");
        var poison = (await consumer.NextAsync<string>())!.Value;
        await poison.AckTerminateAsync(new AckOpts { DoubleAck = true });
        Assert.Null(await consumer.NextAsync<string>(new NatsJSNextOpts { Expires = TimeSpan.FromSeconds(1.5) }));

        await _js.PublishAsync($"{_name}.a", "slow");
        var slow = (await consumer.NextAsync<string>())!.Value;
        Assert.Equal("slow", slow.Data);
        for (var i = 0; i < 3; i++)
        {
            await slow.AckProgressAsync();
            Assert.Null(await consumer.NextAsync<string>(new NatsJSNextOpts { Expires = TimeSpan.FromMilliseconds(700) }));
        }

        Assert.Equal(2ul, (await consumer.NextAsync<string>())!.Value.Metadata!.Value.NumDelivered);
    }

    private static async Task<List<T>> ToListAsync<T>(IAsyncEnumerable<T> source)
    {
        var all = new List<T>();
        await foreach (var item in source)
            all.Add(item);
        return all;
    }

    private static NatsConnection Connect(LocalStack stack) => new(new NatsOpts { Url = stack.Nats.ConnectionString, RequestTimeout = TimeSpan.FromSeconds(30) });
}
