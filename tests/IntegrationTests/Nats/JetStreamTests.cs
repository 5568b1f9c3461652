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
        var acks = await Task.WhenAll(Enumerable.Range(0, 5_000).Select(i => _js.PublishAsync($"{_name}.a", $"{i}", new NatsJSPubOpts { MsgId = $"{i}" }).AsTask()));

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

    private static NatsConnection Connect(LocalStack stack) => new(new NatsOpts { Url = stack.Nats.ConnectionString, RequestTimeout = TimeSpan.FromSeconds(30) });
}
