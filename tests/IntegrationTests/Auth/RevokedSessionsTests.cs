using Microsoft.Extensions.Logging.Abstractions;
using Portico.DevStack;
using Portico.Infrastructure.Redis;
using Portico.Infrastructure.Sessions;
using Portico.Infrastructure.SigningKeys;
using Portico.Testing;

namespace Portico.IntegrationTests.Auth;

/// <summary>What a process knows of sessions that others revoke, while it does not read the list: its clock stands still.</summary>
public sealed class RevokedSessionsTests
{
    [Fact]
    public async Task A_message_tells_the_other_processes_also_after_redis_was_away()
    {
        await using var stack = await LocalStack.StartAsync(new LocalStackOptions { Servers = LocalServers.Redis });
        await using var here = new Process(stack.Redis);
        await here.Sessions.StartAsync(default);
        await stack.Redis.KillAsync();
        // This process starts while Redis is away.
        await using var elsewhere = new Process(stack.Redis);
        await elsewhere.Sessions.StartAsync(default);
        await stack.Redis.RestartAsync();
        await Eventually.Holds(() => here.IsConnectedAsync(), "Redis is connected");

        // A message that is sent before the other process is connected does not arrive.
        await Eventually.Holds(
            async () =>
            {
                var session = Guid.CreateVersion7();
                await here.Sessions.Add(session, _ => Task.CompletedTask, default);
                return await elsewhere.LearnsAsync(session);
            },
            "a message arrives");
    }

    [Fact]
    public async Task Other_messages_in_the_channel_change_nothing()
    {
        var stack = await SharedStack.GetAsync();
        await using var here = new Process(stack.Redis);
        await here.Sessions.StartAsync(default);
        var session = Guid.CreateVersion7();
        var subscriber = (await here.Redis.Multiplexer()).GetSubscriber();
        var channel = StackExchange.Redis.RedisChannel.Literal((string)here.Redis.Key("sessions:revoked-now")!);

        await Eventually.Holds(async () => await subscriber.PublishAsync(channel, "no session") == 1, "the process listens");
        await subscriber.PublishAsync(channel, "");
        await subscriber.PublishAsync(channel, session.ToString("N"));

        await Eventually.Holds(async () => await here.Sessions.Contains(session, default), "it is revoked");
        Assert.False(await here.Sessions.Contains(Guid.Empty, default));
    }

    private sealed class Process : IAsyncDisposable
    {
        public Process(RedisServer server)
        {
            Redis = new RedisConnection(
                new RedisSettings { ConnectionString = server.ConnectionString, Deadline = TimeSpan.FromSeconds(5) }, TimeProvider.System);
            Sessions = new RevokedSessions(Redis, new TokenSettings(), new StandingClock(), NullLogger<RevokedSessions>.Instance);
        }

        public RedisConnection Redis { get; }
        public RevokedSessions Sessions { get; }

        public async Task<bool> IsConnectedAsync() => (await Redis.Multiplexer()).IsConnected;

        /// <summary>Whether it knows the session within some time.</summary>
        public async Task<bool> LearnsAsync(Guid session)
        {
            try
            {
                await Eventually.Holds(async () => await Sessions.Contains(session, default), "it is revoked", TimeSpan.FromSeconds(2));
                return true;
            }
            catch (TimeoutException)
            {
                return false;
            }
        }

        public async ValueTask DisposeAsync()
        {
            await Sessions.StopAsync(default);
            Sessions.Dispose();
            await Redis.DisposeAsync();
        }
    }

    /// <summary>No time passes, so no copy of the list becomes old, and no timer ends.</summary>
    private sealed class StandingClock : TimeProvider
    {
        public override long GetTimestamp() => 0;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
