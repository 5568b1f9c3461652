using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Client.Core;
using NATS.Client.JetStream;
using Npgsql;
using Portico.DevStack;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.Nats;
using Portico.Migrator;
using Portico.Testing;

namespace Portico.IntegrationTests.Events;

public sealed class OutboxRelayTests
{
    [Fact]
    public async Task Publishes_what_happened_as_a_cloud_event()
    {
        var app = await PorticoApp.SharedAsync();
        var person = await app.SignUpAsync();
        var me = await person.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK);
        var id = me.GetProperty("id").GetGuid();

        await person.SendAsync(HttpMethod.Patch, "/api/v1/users/me", new { DisplayName = "Ада" }).Json(HttpStatusCode.OK);
        var events = await EventReader.OfAsync(app, id, 2);

        var prefix = app.Events.Prefix;
        Assert.Equal(["users.registered.v1", "users.profile-changed.v1"], events.Select(found => found.Type));
        Assert.Equal([1, 2], events.Select(found => found.Version));
        var changed = events[1];
        Assert.Equal($"{prefix}.users.profile-changed.v1", changed.Subject);
        Assert.Equal(changed.MessageId, changed.Envelope.Text("id"));
        Assert.Equal("1.0", changed.Envelope.Text("specversion"));
        Assert.Equal(app.Api.GetLeftPart(UriPartial.Authority), changed.Envelope.Text("source"));
        Assert.Equal("application/json", changed.Envelope.Text("datacontenttype"));
        Assert.Equal($"{changed.Envelope.Text("source")}/schemas/users.profile-changed.v1.json", changed.Envelope.Text("dataschema"));
        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", changed.Envelope.Text("traceparent"));
        Assert.InRange(
            changed.Envelope.GetProperty("time").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow);
        Assert.Equal("Ада", changed.Data.Text("displayName"));
    }

    [Fact]
    public async Task Publishes_what_the_version_before_wrote()
    {
        var app = await PorticoApp.SharedAsync();
        var aggregate = Guid.NewGuid();
        await app.Database.ExecuteAsync(
            """
            INSERT INTO outbox (id, aggregate_type, aggregate_id, aggregate_version, type, payload, occurred_at)
            VALUES ($1, 'Test', $2, 1, $3, '{"text": "before"}', now())
            """,
            Guid.CreateVersion7(), aggregate, TestOutbox.Type);

        var published = Assert.Single(await EventReader.OfAsync(app, aggregate, 1));

        Assert.Equal("before", published.Data.Text("text"));
    }

    [Fact]
    public async Task Misses_none_of_64_writers_with_two_replicas()
    {
        await using var one = await PorticoApp.StartAsync(new PorticoAppOptions());
        await using var two = await PorticoApp.StartAsync(SameAs(one));
        var outbox = new TestOutbox(one.Database.Portico);
        // More than the pool of a test has at once: the rest waits for a connection.
        await Task.WhenAll(
            Enumerable.Range(0, 64).Select(writer => Task.Run(() => outbox.WriteAsync(Guid.NewGuid(), 1, 20, new Random(writer)))));
        await outbox.PublishedAsync();

        Assert.Equal(64 * 20, outbox.Committed.Count);
        TestOutbox.AssertComplete(outbox.Committed, await EventReader.AllAsync(one));
    }

    [Fact]
    public async Task Publishes_groups_and_other_events_in_turns()
    {
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions());
        // Nobody else relays here.
        await app.Services.GetServices<IHostedService>().OfType<OutboxRelay>().Single().StopAsync(default);
        var committed = new CommittedEvents();
        using var relay = ActivatorUtilities.CreateInstance<OutboxRelay>(app.Services, committed);
        await using var connection = await new TestOutbox(app.Database.Portico).OpenAsync();
        for (var round = 0; round < 20; round++)
        {
            // There is a group each time.
            var first = await WriteGroupAsync();
            await TestOutbox.InsertAsync(connection, first, 2);
            committed.Set();
            await relay.RelayOnce(default);
            await WriteGroupAsync();
            await relay.RelayOnce(default);

            Assert.Equal(0, await app.Database.ScalarAsync<long>("SELECT count(*) FROM outbox_waiting"));
        }

        await relay.RelayOnce(default);
        Assert.Equal(0, await TestOutbox.CountWaitingAsync(connection));
        var stream = await EventReader.AllAsync(app);
        Assert.Equal(100, stream.Count(one => one.Type == TestOutbox.Type));
        TestOutbox.AssertOrdered(stream);

        async Task<Guid> WriteGroupAsync()
        {
            Guid[] aggregates = [Guid.NewGuid(), Guid.NewGuid()];
            committed.Add((await TestOutbox.InsertGroupAsync(connection, aggregates)).Events);
            return aggregates[0];
        }
    }

    [Fact]
    public async Task Lets_an_event_that_is_too_large_hold_up_its_own_aggregate_only()
    {
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions());
        var outbox = new TestOutbox(app.Database.Portico);
        var (poisoned, healthy) = (Guid.NewGuid(), Guid.NewGuid());
        await using var connection = await outbox.OpenAsync();
        await TestOutbox.InsertAsync(connection, poisoned, 1, size: 2_000_000);
        await TestOutbox.InsertAsync(connection, poisoned, 2);
        for (var version = 1; version <= 20; version++)
            await TestOutbox.InsertAsync(connection, healthy, version);

        var events = await EventReader.OfAsync(app, healthy, 20);
        Assert.Equal(20, events.Count);
        Assert.DoesNotContain(await EventReader.AllAsync(app), found => found.Aggregate == poisoned);
    }

    [Fact]
    public async Task Says_that_the_stream_is_missing_and_publishes_once_it_is_there()
    {
        var settings = new EventSettings { Prefix = $"test-{Guid.NewGuid():N}", MaxBytes = 16_777_216 };
        var server = (await SharedStack.GetAsync()).Nats.ConnectionString;
        await using var connection = new NatsSettings { Url = server }.CreateConnection("test");
        var stream = new NatsJSContext(connection);
        var publisher = new EventPublisher(stream, settings);
        OutboxMessage[] events = [.. Enumerable.Range(0, 50).Select(_ => TestOutbox.Known(Guid.CreateVersion7(), Guid.NewGuid()))];

        var missing = await publisher.Publish(events, "https://api.example.com", default);
        await StreamDefinition.CompareAsync(stream, settings, apply: true, default);
        var published = await publisher.Publish(events, "https://api.example.com", default);
        var again = await publisher.Publish(events, "https://api.example.com", default);

        Assert.Equal((0, 0), (missing.Published.Count, missing.Refused.Count));
        Assert.Equal("no stream answers: it is missing", missing.Outage);
        Assert.Equal((50, 0, null), (published.Published.Count, published.Refused.Count, published.Outage));
        Assert.Equal((50, 0, null), (again.Published.Count, again.Refused.Count, again.Outage));
        Assert.Equal(50, (await stream.GetStreamAsync(settings.Prefix)).Info.State.Messages);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Goes_on_writing_without_nats_and_publishes_when_it_is_back(bool hangs)
    {
        await using var stack = await LocalStack.StartAsync(new LocalStackOptions { Servers = LocalServers.Nats });
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions { Stack = stack });
        var person = await app.SignUpAsync();
        if (hangs)
            stack.Nats.Pause();
        else
            await stack.Nats.KillAsync();
        for (var i = 0; i < 5; i++)
            await person.SendAsync(HttpMethod.Patch, "/api/v1/users/me", new { DisplayName = $"Ada {i}" }).Json(HttpStatusCode.OK);
        await Eventually.Holds(
            () => Task.FromResult(app.JetStream.Connection.ConnectionState != NatsConnectionState.Open), "the lost connection is noticed");
        if (hangs)
            stack.Nats.Resume();
        else
            await stack.Nats.RestartAsync();

        var outbox = new TestOutbox(app.Database.Portico);
        await outbox.PublishedAsync();
        TestOutbox.AssertOrdered(await EventReader.AllAsync(app));
        Assert.Equal(6, (await EventReader.AllAsync(app)).Count);
    }

    [Fact]
    public async Task Fills_a_wiped_stream_again_with_the_same_events_in_the_same_order()
    {
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions());
        var outbox = new TestOutbox(app.Database.Portico);
        var from = DateTimeOffset.UtcNow.AddMinutes(-1);
        await Task.WhenAll(
            Enumerable.Range(0, 4).Select(writer => Task.Run(() => outbox.WriteAsync(Guid.NewGuid(), 1, 50, new Random(writer)))));
        await outbox.PublishedAsync();
        var before = await EventReader.AllAsync(app);

        await app.JetStream.DeleteStreamAsync(app.Events.Prefix);
        await StreamDefinition.CompareAsync(app.JetStream, app.Events, apply: true, default);
        using var output = new StringWriter();
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(app.Database.Settings())
            .AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["Nats:Url"] = app.Settings["Nats:Url"],
                ["Events:Prefix"] = app.Events.Prefix,
                ["Tokens:Issuer"] = app.Api.GetLeftPart(UriPartial.Authority),
            }).Build();

        for (var run = 0; run < 2; run++)
        {
            var exitCode = await MigratorApp.RunAsync(
                ["events", "republish", "--from", $"{from:O}"], configuration, output, output, default);
            Assert.True(exitCode == 0, output.ToString());
            var after = await EventReader.AllAsync(app);
            TestOutbox.AssertComplete(outbox.Committed, after);
            Assert.Equal(
                before.OrderBy(found => found.MessageId, StringComparer.Ordinal).Select(found => found.Envelope.GetRawText()),
                after.OrderBy(found => found.MessageId, StringComparer.Ordinal).Select(found => found.Envelope.GetRawText()));
        }
    }

    [Fact]
    public async Task Publishes_again_what_the_stream_lost_after_it_had_acknowledged_it()
    {
        await using var stack = await LocalStack.StartAsync(new LocalStackOptions());
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions { Stack = stack });
        var recovered = 0L;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "portico.outbox.recovered"
                    && instrument.Meter.Scope == app.Services.GetRequiredService<IMeterFactory>())
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref recovered, count));
        listener.Start();
        var outbox = new TestOutbox(app.Database.Portico);
        Guid[] aggregates = [.. Enumerable.Range(0, 4).Select(_ => Guid.NewGuid())];
        await Write(from: 1, count: 10);
        await RestartAsync(stack.Nats.SaveStore);
        await Write(from: 11, count: 10);
        // Nothing was lost at the first restart.
        Assert.Equal(0, recovered);

        // As after a loss of power: what came after the copy is gone, and so is nothing else.
        await RestartAsync(stack.Nats.BringBackStore);
        await Write(from: 21, count: 2);
        await Eventually.Holds(
            async () => (await EventReader.AllAsync(app)).Count(found => found.Type == TestOutbox.Type) == outbox.Committed.Count,
            "every event is in the stream");

        TestOutbox.AssertComplete(outbox.Committed, await EventReader.AllAsync(app));
        Assert.Equal(40, recovered);

        async Task Write(int from, int count)
        {
            await Task.WhenAll(aggregates.Select((id, writer) => Task.Run(() => outbox.WriteAsync(id, from, count, new Random(writer)))));
            await outbox.PublishedAsync();
        }

        async Task RestartAsync(Action whileItIsDown)
        {
            await stack.Nats.KillAsync();
            whileItIsDown();
            await stack.Nats.RestartAsync();
        }
    }

    [Fact]
    public async Task Says_what_it_did_not_publish_again_and_puts_nothing_out_of_order()
    {
        var stack = await SharedStack.GetAsync();
        var database = await TestDatabase.CreateAsync(stack);
        await using var source = NpgsqlDataSource.Create(database.Portico);
        await using var connection = await source.OpenConnectionAsync();
        var (poisoned, healthy) = (Guid.NewGuid(), Guid.NewGuid());
        await TestOutbox.InsertAsync(connection, healthy, 1);
        await TestOutbox.InsertAsync(connection, poisoned, 1, size: 2_000_000);
        // More than one batch.
        for (var version = 2; version <= 600; version++)
            await TestOutbox.InsertAsync(connection, poisoned, version);
        await database.ExecuteAsync("DELETE FROM outbox_waiting");
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(database.Settings())
            .AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["Nats:Url"] = stack.Nats.ConnectionString,
                ["Events:Prefix"] = $"test-{Guid.NewGuid():N}",
                ["Events:MaxBytes"] = "16777216",
                ["Tokens:Issuer"] = "https://api.example.com",
            }).Build();
        Assert.Equal(0, (await Run("streams", "up")).ExitCode);

        var (exitCode, output) = await Run("events", "republish", "--from", "2026-01-01T00:00:00Z");

        Assert.Equal(1, exitCode);
        Assert.Contains("Published 1 events again.", output, StringComparison.Ordinal);
        Assert.Contains("600 events were left out", output, StringComparison.Ordinal);
        (exitCode, output) = await Run("events", "republish", "--from", "2026-01-02T00:00:00Z", "--to", "2026-01-01T00:00:00Z");
        Assert.Equal((1, "--from must be before --to."), (exitCode, output.Trim()));

        async Task<(int ExitCode, string Output)> Run(params string[] arguments)
        {
            await using var written = new StringWriter();
            return (await MigratorApp.RunAsync(arguments, configuration, written, written, default), written.ToString());
        }
    }

    [Fact]
    public async Task Removes_what_was_published_long_ago_and_nothing_else()
    {
        // Without an application: what waits here goes on waiting.
        var database = await TestDatabase.CreateAsync(await SharedStack.GetAsync());
        await using var source = NpgsqlDataSource.Create(database.Portico);
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var cleanup = new OutboxCleanup(
            source, new OutboxSettings(), new OutboxMetrics(services.GetRequiredService<IMeterFactory>()), TimeProvider.System,
            NullLogger<OutboxCleanup>.Instance);
        var (old, waiting, waitingInGroup, recent) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        await using var connection = await source.OpenConnectionAsync();
        await TestOutbox.InsertAsync(connection, old, 1, made: DateTimeOffset.UtcNow.AddDays(-8));
        await TestOutbox.InsertAsync(connection, recent, 1, made: DateTimeOffset.UtcNow.AddDays(-6));
        await database.ExecuteAsync("DELETE FROM outbox_waiting");
        await TestOutbox.InsertAsync(connection, waiting, 1, made: DateTimeOffset.UtcNow.AddDays(-8));
        await TestOutbox.InsertGroupAsync(connection, [waitingInGroup], DateTimeOffset.UtcNow.AddDays(-8));

        Assert.Equal(1, await cleanup.Purge(default));

        await using var left = new NpgsqlCommand("SELECT array_agg(aggregate_id) FROM outbox", connection);
        Assert.Equal(new[] { recent, waiting, waitingInGroup }.Order(), ((Guid[])(await left.ExecuteScalarAsync())!).Order());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Gets_past_a_whole_batch_that_waits_for_what_a_clock_put_behind_it(int batchSize)
    {
        await using var app = await PorticoApp.StartAsync(
            new PorticoAppOptions { Settings = { ["Outbox:BatchSize"] = $"{batchSize}" } });
        var aggregate = Guid.NewGuid();
        await using (var connection = await new TestOutbox(app.Database.Portico).OpenAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await TestOutbox.InsertAsync(connection, aggregate, 1);
            for (var version = 2; version <= 6; version++)
                await TestOutbox.InsertAsync(connection, aggregate, version, made: DateTimeOffset.UtcNow.AddHours(-1));
            await transaction.CommitAsync();
        }

        TestOutbox.AssertOrdered(await EventReader.OfAsync(app, aggregate, 6));
    }

    [Fact]
    public async Task Tells_operators_how_it_keeps_up()
    {
        var app = await PorticoApp.SharedAsync();
        await app.SignUpAsync();
        await Eventually.Holds(
            async () =>
            {
                var metrics = await app.Client.GetStringAsync(new Uri(app.Management, "/metrics"));
                return metrics.Contains("portico_outbox_published_total", StringComparison.Ordinal)
                    && metrics.Contains("portico_outbox_lag_seconds_bucket", StringComparison.Ordinal)
                    && metrics.Contains("portico_outbox_depth", StringComparison.Ordinal)
                    && metrics.Contains("portico_outbox_oldest_seconds", StringComparison.Ordinal);
            },
            "the numbers of the relay are served");
    }

    private static PorticoAppOptions SameAs(PorticoApp app) => new()
    {
        Stack = app.Stack,
        Database = app.Database,
        Settings = { ["Events:Prefix"] = app.Events.Prefix },
    };
}
