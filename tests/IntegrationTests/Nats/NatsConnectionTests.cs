using Portico.DevStack;
using Portico.Nats;
using Portico.Testing;

namespace Portico.IntegrationTests.Nats;

public sealed class NatsConnectionTests : IAsyncLifetime
{
    private LocalStack _stack = null!;

    public async Task InitializeAsync() => _stack = await SharedStack.GetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Delivers_what_is_published_with_its_headers()
    {
        await using var nats = Connect();
        await using var sub = await nats.SubscribeCoreAsync<string>("greetings.*");

        await nats.PublishAsync("greetings.ada", "Привет", new NatsHeaders { ["X-Lang"] = "ru", ["X-Empty"] = "" });
        var message = await sub.Msgs.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal("greetings.ada", message.Subject);
        Assert.Equal("Привет", message.Data);
        Assert.Equal("ru", message.Headers!["X-Lang"]);
        Assert.Equal("", message.Headers["X-Empty"]);
    }

    [Fact]
    public async Task Answers_each_of_many_requests_with_its_own_reply()
    {
        await using var nats = Connect();
        await using var sub = await nats.SubscribeCoreAsync<string>("double", opts: new NatsSubOpts { ChannelOpts = new NatsSubChannelOpts { Capacity = 5_000 } });
        var server = Task.Run(async () =>
        {
            await foreach (var request in sub.Msgs.ReadAllAsync())
                await request.ReplyAsync(request.Data + request.Data);
        });

        var replies = await Task.WhenAll(Enumerable.Range(0, 2_000).Select(i => nats.RequestAsync<string, string>("double", $"{i}.").AsTask()));
        await sub.UnsubscribeAsync();
        await server;

        Assert.All(replies.Index(), reply => Assert.Equal($"{reply.Index}.{reply.Index}.", reply.Item.Data));
    }

    [Fact]
    public async Task Says_at_once_that_nobody_listens() => await Assert.ThrowsAsync<NatsNoRespondersException>(async () =>
    {
        await using var nats = Connect();
        await nats.RequestAsync<string, string>("nobody.listens", "?");
    });

    private NatsConnection Connect() => new(new NatsOpts { Url = _stack.Nats.ConnectionString });
}
