using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;
using Npgsql;
using Portico.Testing;

namespace Portico.IntegrationTests.Clients;

/// <summary>Events in a service that uses the client of <c>clients/dotnet</c>, on real NATS and PostgreSQL.</summary>
public sealed class DotnetEventsTests : PorticoTests
{
    private const string Consumer = "billing-customers";
    private const string Type = "users.registered.v1";

    private readonly string _stream = $"client-{Guid.NewGuid():N}";
    private TestDatabase _database = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _database = await TestDatabase.CreateAsync(App.Stack);
        await ExecuteAsync(
            """
            CREATE TABLE handled_events (id uuid PRIMARY KEY);
            CREATE TABLE customers (user_id uuid, name text);
            CREATE TABLE dead_letters (envelope bytea, reason text);
            """);
    }

    [Fact]
    public async Task An_event_of_a_sign_up_is_handled_once_although_it_is_delivered_twice()
    {
        await DeclareAsync();
        using var service = await StartAsync(_stream);
        var person = await App.SignUpAsync();
        var consumer = await App.JetStream.CreateOrderedConsumerAsync(
            App.Events.Prefix, new NatsJSOrderedConsumerOpts { FilterSubjects = [$"{App.Events.Prefix}.{Type}"] });
        string? envelope = null;
        while (envelope is null && await consumer.NextAsync<string>() is { } message)
            envelope = message.Data!.Contains($"{person.Id}", StringComparison.Ordinal) ? message.Data : null;

        // In a stream of its own, and without the id of the message, so that the stream accepts it twice.
        await PublishAsync(Assert.IsType<string>(envelope));
        await AcknowledgedAsync(_stream, await PublishAsync(envelope!));

        Assert.Equal(1, await CustomersAsync(person.Id));
        Assert.Equal(1, await CountAsync("customers WHERE user_id = $1 AND name = 'Ada Lovelace'", person.Id));
        Assert.Equal(0, await CountAsync("dead_letters"));
    }

    [Fact]
    public async Task What_failed_is_tried_again()
    {
        await DeclareAsync();
        await ExecuteAsync("ALTER TABLE customers RENAME TO customers_later");
        var id = Guid.CreateVersion7();
        var published = await PublishAsync(Envelope(id));
        using var service = await StartAsync(_stream);
        await Eventually.Holds(async () => (await ConsumerAsync(_stream))?.Info.NumAckPending == 1, "the first try");
        await ExecuteAsync("ALTER TABLE customers_later RENAME TO customers");
        await AcknowledgedAsync(_stream, published);
        Assert.Equal(1, await CustomersAsync(id));
    }

    [Fact]
    public async Task An_event_that_cant_be_read_is_a_dead_letter_at_once_and_delays_no_other()
    {
        await DeclareAsync();
        var good = Guid.CreateVersion7();
        string[] bad =
        [
            "no json", "[]", "null", Envelope(good).Replace("registered", "removed", StringComparison.Ordinal),
            Envelope(good).Replace("userId", "user", StringComparison.Ordinal),
        ];
        foreach (var envelope in bad)
            await PublishAsync(envelope);
        var last = await PublishAsync(Envelope(good));
        using var service = await StartAsync(_stream);
        await AcknowledgedAsync(_stream, last);

        Assert.Equal(1, await CustomersAsync(good));
        Assert.Equal(bad.Length, await CountAsync("dead_letters"));
        foreach (var envelope in bad)
            Assert.Equal(1, await CountAsync("dead_letters WHERE envelope = convert_to($1, 'UTF8') AND reason <> ''", envelope));
    }

    [Fact]
    public async Task An_event_that_was_delivered_six_times_is_a_dead_letter()
    {
        await DeclareAsync();
        var id = Guid.CreateVersion7();
        var published = await PublishAsync(Envelope(id));
        var consumer = await App.JetStream.CreateOrUpdateConsumerAsync(
            _stream, new ConsumerConfig(Consumer) { FilterSubject = $"{_stream}.{Type}", AckWait = TimeSpan.FromMinutes(1) });
        for (var i = 0; i < 6; i++)
            await Assert.IsType<NatsJSMsg<string>>(await consumer.NextAsync<string>()).NakAsync();
        using var service = await StartAsync(_stream);
        await AcknowledgedAsync(_stream, published);

        Assert.Equal(0, await CustomersAsync(id));
        Assert.Equal(1, await CountAsync("dead_letters WHERE reason = '6 deliveries were never acknowledged.'"));
    }

    [Fact]
    public async Task A_consumer_that_was_removed_is_declared_again()
    {
        await DeclareAsync();
        using var service = await StartAsync(_stream);
        var first = Guid.CreateVersion7();
        await AcknowledgedAsync(_stream, await PublishAsync(Envelope(first)));
        await App.JetStream.DeleteConsumerAsync(_stream, Consumer);
        var second = Guid.CreateVersion7();
        await AcknowledgedAsync(_stream, await PublishAsync(Envelope(second)));
        Assert.Equal((1, 1), (await CustomersAsync(first), await CustomersAsync(second)));
    }

    private static string Envelope(Guid user) =>
        $$"""
        {"specversion":"1.0","id":"{{Guid.CreateVersion7()}}","source":"https://api.example.com","type":"{{Type}}","subject":"{{user}}",
        "time":"2026-11-21T10:00:00.123456Z","aggregatetype":"User","aggregateversion":"1",
        "data":{"userId":"{{user}}","displayName":"Ada","locale":"en"} }
        """;

    private async Task<IHost> StartAsync(string stream)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.ClearProviders();
        builder.Configuration["Database"] = _database.Superuser;
        builder.Configuration["Nats"] = App.Stack.Nats.ConnectionString;
        builder.Configuration["Portico:Stream"] = stream;
        BillingService.AddEvents(builder);
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private async Task DeclareAsync() =>
        await App.JetStream.CreateStreamAsync(new StreamConfig(_stream, [$"{_stream}.>"]));

    private async Task<ulong> PublishAsync(string envelope) => (await App.JetStream.PublishAsync($"{_stream}.{Type}", envelope)).Seq;

    /// <summary>Waits until the service has answered everything up to this message.</summary>
    private Task AcknowledgedAsync(string stream, ulong sequence) => Eventually.Holds(
        async () => (await ConsumerAsync(stream))?.Info.AckFloor.StreamSeq >= sequence, $"an acknowledgement of message {sequence}");

    private async Task<INatsJSConsumer?> ConsumerAsync(string stream)
    {
        try
        {
            return await App.JetStream.GetConsumerAsync(stream, Consumer);
        }
        catch (NatsJSApiException missing) when (missing.Error.Code == 404)
        {
            return null;
        }
    }

    private Task<long> CustomersAsync(Guid user) => CountAsync("customers WHERE user_id = $1", user);

    private Task<long> CountAsync(string rows, params object[] values) =>
        Sql.ScalarAsync<long>(_database.Superuser, $"SELECT count(*) FROM {rows}", values);

    private Task ExecuteAsync(string sql) => _database.ExecuteAsOwnerAsync(sql);
}
