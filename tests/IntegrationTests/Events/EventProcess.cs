using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;
using Npgsql;
using Portico.Application.Common.Events;
using Portico.DevStack;
using Portico.Domain.Common;
using Portico.Infrastructure;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Nats;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.RateLimiting;
using Portico.Infrastructure.Redis;
using Portico.Testing;

namespace Portico.IntegrationTests.Events;

/// <summary>What the tests' handler waits for.</summary>
internal sealed record Counted(string What) : IDomainEvent
{
    public static string Name => "tests.counted.v1";
}

/// <summary>What the handler does besides its effect; a test scripts it.</summary>
internal sealed class Script
{
    public Func<Counted, Task> OnHandle { get; set; } = _ => Task.CompletedTask;
}

/// <summary>Its effect is a row that nothing but the inbox keeps from being there twice.</summary>
internal sealed class Count(AppDbContext db, Script script) : IEventHandler<Counted>
{
    public static string Name => "count";

    public async Task Handle(EventEnvelope<Counted> envelope, CancellationToken cancellationToken)
    {
        await db.Database.ExecuteSqlAsync($"INSERT INTO effects (event_id) VALUES ({envelope.Id})", cancellationToken);
        await script.OnHandle(envelope.Event);
    }
}

/// <summary>A stream, a database, and the consumer of one handler.</summary>
internal sealed record EventWorld(TestDatabase Database, string Redis, string Nats, string Prefix)
{
    public static readonly EventSubscription Subscription =
        new EventSubscription<Count, Counted> { Pauses = [TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(50)] };

    // Instead of a minute: nats-server gives events also to clients whose connection broke, and then waits this long.
    private static readonly TimeSpan AckWait = TimeSpan.FromSeconds(10);

    /// <param name="own">Servers that the test may break; the others are those that all tests share.</param>
    public static async Task<EventWorld> CreateAsync(LocalStack? own = null)
    {
        var world = new EventWorld(
            await TestDatabase.CreateAsync(await SharedStack.WithAsync<PostgresServer>(own)),
            (await SharedStack.WithAsync<RedisServer>(own)).Redis.ConnectionString,
            (await SharedStack.WithAsync<NatsServer>(own)).Nats.ConnectionString,
            $"test-{Guid.NewGuid():N}");
        await Sql.ExecuteAsync(
            world.Database.Superuser,
            "CREATE TABLE effects (event_id uuid NOT NULL); GRANT SELECT, INSERT ON effects TO portico_app");
        await using var process = world.Process(new Script());
        await EventWorld.DeclareAsync(process);
        return world;
    }

    /// <summary>Makes the stream and the consumer, as the Migrator does.</summary>
    public static async Task DeclareAsync(EventProcess process)
    {
        await process.JetStream.CreateStreamAsync(StreamDefinition.Config(process.Settings) with { MaxBytes = 16 * 1024 * 1024 });
        await process.JetStream.CreateOrUpdateConsumerAsync(
            StreamDefinition.Name(process.Settings), Subscription.Consumer(process.Settings) with { AckWait = AckWait });
    }

    public EventProcess Process(Script script, bool consumes = true, TimeProvider? clock = null) =>
        new(this, script, consumes, clock ?? TimeProvider.System);

    public async Task<EventProcess> StartAsync(Script script)
    {
        var process = Process(script);
        await process.StartAsync();
        return process;
    }

    public Task<long> CountAsync(string sql, params object[] values) =>
        Database.ScalarAsync<long>($"SELECT count(*) FROM {sql}", values);

    public Task<long> EffectsAsync(Guid eventId) => CountAsync("effects WHERE event_id = $1", eventId);

    public Task Happened(Guid eventId) => Eventually.Holds(async () => await EffectsAsync(eventId) > 0, "the effect");

    public Task Dead(int count) => Eventually.Holds(async () => await CountAsync("dead_events") == count, $"{count} dead events");
}

/// <summary>A process that does nothing but handle events.</summary>
internal sealed class EventProcess : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly List<IHostedService> _started = [];

    public EventProcess(EventWorld world, Script script, bool consumes, TimeProvider clock)
    {
        var configuration = world.Database.Settings();
        configuration["Nats:Url"] = world.Nats;
        configuration["Redis:ConnectionString"] = world.Redis;
        configuration["Events:Prefix"] = world.Prefix;
        configuration["Events:Consume"] = $"{consumes}";
        var root = new ConfigurationBuilder().AddInMemoryCollection(configuration).Build();
        var services = new ServiceCollection()
            .AddLogging()
            .AddMetrics()
            .AddSingleton(clock)
            .AddSystemCaller()
            .AddPersistence(root)
            .AddRedis(root)
            .AddEvents(root);
        foreach (var declared in services.Where(service => service.ServiceType == typeof(EventSubscription)).ToArray())
            services.Remove(declared);
        services.AddSingleton(EventWorld.Subscription).AddSingleton(script);
        _services = services.BuildServiceProvider();
        Settings = _services.GetRequiredService<EventSettings>();
        var nats = _services.GetRequiredService<INatsConnection>();
        JetStream = new NatsJSContext(nats, new NatsJSOpts(nats.Opts, requestTimeout: TimeSpan.FromSeconds(30)));
        Replay = _services.GetRequiredService<DeadLetterReplay>();
        Cleanup = ActivatorUtilities.CreateInstance<RetentionCleanup>(_services);
    }

    public EventSettings Settings { get; }
    public INatsJSContext JetStream { get; }
    public DeadLetterReplay Replay { get; }
    public RetentionCleanup Cleanup { get; }

    public async Task StartAsync()
    {
        foreach (var type in (Type[])[typeof(NatsLifetime), typeof(EventConsumers)])
        {
            var service = (IHostedService)ActivatorUtilities.CreateInstance(_services, type);
            await service.StartAsync(CancellationToken.None);
            _started.Add(service);
        }
    }

    /// <summary>Stops as a host does: who was started last stops first.</summary>
    public async Task StopAsync()
    {
        foreach (var service in Enumerable.Reverse(_started).ToArray())
            await service.StopAsync(CancellationToken.None);
        _started.Clear();
    }

    public Task<Guid> PublishAsync(string what, Guid? id = null) => PublishAsync(id ?? Guid.CreateVersion7(), new { what });

    public async Task<Guid> PublishAsync(Guid id, object data, string type = "tests.counted.v1")
    {
        await PublishRawAsync(JsonSerializer.Serialize(new { specversion = "1.0", id, type, time = "2026-11-21T12:00:00Z", data }));
        return id;
    }

    public async Task PublishRawAsync(string envelope) =>
        (await JetStream.PublishAsync(StreamDefinition.Subject(Settings, Counted.Name), Encoding.UTF8.GetBytes(envelope))).EnsureSuccess();

    public async Task<ConsumerInfo> ConsumerAsync() => (await JetStream.GetConsumerAsync(StreamDefinition.Name(Settings), Count.Name)).Info;

    /// <summary>The acknowledgements of the handler, and what else it answers to the stream.</summary>
    public ValueTask<INatsSub<string>> AnswersAsync() =>
        JetStream.Connection.SubscribeCoreAsync<string>($"$JS.ACK.{StreamDefinition.Name(Settings)}.{Count.Name}.>");

    /// <summary>Awaits that every event was answered.</summary>
    public Task Answered() => Eventually.Holds(
        async () => await ConsumerAsync() is { NumAckPending: 0, NumPending: 0 }, "every event to be answered");

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Cleanup.Dispose();
        await _services.DisposeAsync();
    }
}
