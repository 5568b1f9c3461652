using Npgsql;
using Portico.DevStack;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.Nats;
using Portico.IntegrationTests.Forecasts;
using Portico.Testing;

namespace Portico.IntegrationTests.Events;

/// <summary>
/// Processes that handle events are killed before, during and after their effects, and NATS forgets what was answered; each effect happens
/// once.
/// </summary>
[Trait("Category", Campaign.Category)]
public sealed class ConsumerCrashTests
{
    private const int RunsInSuite = 1;
    private const int Consumers = 2;
    private const int EventsInRun = 200;
    private const int MaxBlows = 3;
    private const string Handler = "notify-of-registration";

    // What nobody lived to answer comes again soon.
    private static readonly TimeSpan AckWait = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Every_event_has_its_effect_once_whoever_dies()
    {
        await using var stack = await LocalStack.StartAsync(new LocalStackOptions { Servers = LocalServers.Nats });
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Stack = stack,
            Settings = { ["Events:Consume"] = "false", ["Events:MaxBytes"] = $"{256 * 1024 * 1024}" },
        });
        // It would hide an effect that happens twice.
        await Sql.ExecuteAsync(app.Database.Superuser, "DROP INDEX messages_event_key");
        var (jetStream, events) = (app.JetStream, app.Events);
        var declared = EventSubscription.All.Single(subscription => subscription.Name == Handler).Consumer(events);
        await jetStream.CreateOrUpdateConsumerAsync(StreamDefinition.Name(events), declared with { AckWait = AckWait });

        var consuming = new Dictionary<string, string?>(StringComparer.Ordinal) { ["Events:Consume"] = "true" };
        await using var first = await PorticoProcess.StartAsync(app, consuming);
        await using var second = await PorticoProcess.StartAsync(app, consuming);
        PorticoProcess[] consumers = [first, second];
        await Campaign.Run(RunsInSuite, seed => RunAsync(app, stack, consumers, new Random(seed)));
    }

    private static async Task RunAsync(PorticoApp app, LocalStack stack, PorticoProcess[] consumers, Random random)
    {
        var ids = Enumerable.Range(0, EventsInRun).Select(_ => Guid.CreateVersion7()).ToArray();
        await HappenAsync(app, ids);
        var blows = random.Next(1, MaxBlows + 1);
        for (var blow = 0; blow < blows; blow++)
        {
            // In the midst of them: at some effect, and then some microseconds or milliseconds on.
            var effects = random.Next(EventsInRun * (blow + 1) / (MaxBlows + 1));
            await Eventually.Holds(async () => await EffectsAsync(app, ids) >= effects, $"{effects} effects");
            await Task.Delay(random.Next(0, 20));
            if (random.Next(3) == 0)
            {
                await stack.Nats.KillAsync();
                await stack.Nats.RestartAsync();
            }
            else
            {
                var victim = consumers[random.Next(Consumers)];
                await victim.KillAsync();
                await victim.StartAsync();
            }
        }

        // As long as there is progress; what a dead process held comes again after the wait.
        for (var before = -1L; before < EventsInRun;)
        {
            var now = before;
            await Eventually.Holds(async () => (now = await EffectsAsync(app, ids)) > before, $"more than {before} effects");
            before = now;
        }

        await Eventually.Holds(
            async () =>
                (await app.JetStream.GetConsumerAsync(StreamDefinition.Name(app.Events), Handler)).Info
                    is { NumAckPending: 0, NumPending: 0 },
            "every event to be answered");
        Assert.Equal(EventsInRun, await EffectsAsync(app, ids));
        Assert.Equal(
            EventsInRun,
            await app.Database.ScalarAsync<long>("SELECT count(DISTINCT event_id) FROM messages WHERE event_id = ANY ($1)", ids));
        Assert.Equal(EventsInRun, await app.Database.ScalarAsync<long>("SELECT count(*) FROM inbox WHERE event_id = ANY ($1)", ids));
        Assert.Equal(0, await app.Database.ScalarAsync<long>("SELECT count(*) FROM dead_events"));
    }

    private static Task<long> EffectsAsync(PorticoApp app, Guid[] ids) =>
        app.Database.ScalarAsync<long>("SELECT count(*) FROM messages WHERE event_id = ANY ($1)", ids);

    /// <summary>So many people sign up.</summary>
    private static Task HappenAsync(PorticoApp app, Guid[] ids) => app.Database.ExecuteAsync(
        """
        WITH people AS (
            INSERT INTO users (id, version, display_name, email, email_verified_at, role, status, locale, epoch, created_at)
            SELECT gen_random_uuid(), 1, 'Ada', 'ada-' || id || '@example.org', now(), 'user', 'active', 'en', 0, now()
            FROM unnest($1) id RETURNING id, email)
        INSERT INTO outbox (id, aggregate_type, aggregate_id, aggregate_version, type, data, occurred_at)
        SELECT substr(email, 5, 36)::uuid, 'User', id, 1, 'users.registered.v1',
            jsonb_build_object('userId', id, 'displayName', 'Ada', 'locale', 'en')::text, now()
        FROM people
        """,
        ids);
}
