using System.Diagnostics;
using System.Text.Json;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;
using Npgsql;
using Portico.Bench.Ledger;
using Portico.Bench.Load;
using Portico.Domain.Users;

namespace Portico.Bench.Events;

/// <summary>How fast a backlog of events leaves, and how soon after its commit an event is in the stream.</summary>
internal static class EventsScenario
{
    private const int Backlog = 100_000;
    private const int EventsPerSecond = 1_000;
    private const int People = 50;
    private const int WalletsEach = 20;
    private const string Stream = "portico";

    private static readonly TimeSpan Drain = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    // Such as the ledger writes: an aggregate of its own each, of about half a KiB.
    private static readonly string BacklogSql =
        $"""
        INSERT INTO outbox (id, aggregate_type, aggregate_id, aggregate_version, type, data, trace_parent, occurred_at)
        SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0')
                   || substr(replace(gen_random_uuid()::text, '-', ''), 13))::uuid,
               'Transfer', gen_random_uuid(), 1, 'ledger.transfer-posted.v1',
               jsonb_build_object('transferId', gen_random_uuid(), 'text', repeat('x', 400))::text,
               '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', now() + n * interval '1 microsecond'
        FROM generate_series(1, {Backlog}) n
        """;

    public static async Task RunAsync(LoadOptions options, LoadReport report, CancellationToken cancellationToken)
    {
        await using var stack = await LoadStack.StartAsync(options, cancellationToken);
        await DrainAsync(stack, report, cancellationToken);
        await PaceAsync(stack, options, report, cancellationToken);
    }

    private static async Task DrainAsync(LoadStack stack, LoadReport report, CancellationToken cancellationToken)
    {
        await using var database = NpgsqlDataSource.Create(stack.Superuser);
        await database.ExecuteAsync(BacklogSql, cancellationToken);

        // The time of starting counts as well: an outage ends when the process is there or when NATS is.
        var clock = Stopwatch.StartNew();
        await using var api = await stack.StartApiAsync([], cancellationToken);
        var first = clock.Elapsed;
        var left = await database.ReadAsync<long>("SELECT count(*) FROM outbox_waiting", cancellationToken);
        var before = Processor(stack, api);
        while (await database.HasEventsAsync(cancellationToken))
        {
            if (clock.Elapsed > Drain)
                throw new LoadException($"The backlog is not gone after {Drain.TotalSeconds:0} s.");
            await Task.Delay(Poll, cancellationToken);
        }

        var seconds = clock.Elapsed.TotalSeconds;
        var processor = Processor(stack, api)
            .Zip(before, (after, then) => (after - then).TotalMilliseconds / left * 1000)
            .ToArray();
        report.AddSection(
            "Backlog",
            $"{Backlog} events left in {seconds:0.0} s ({Backlog / seconds:0}/s), "
            + $"the {first.TotalSeconds:0.0} s until the API was ready included. "
            + $"CPU µs an event: API {processor[0]:0}, PostgreSQL {processor[1]:0}, NATS {processor[2]:0}.",
            new
            {
                Backlog,
                Seconds = seconds,
                PerSecond = Backlog / seconds,
                ProcessorUsPerEvent = new { Api = processor[0], PostgreSql = processor[1], Nats = processor[2] },
            });
    }

    private static TimeSpan[] Processor(LoadStack stack, ApiProcess api) =>
        [
            ProcessorTime.Of(api.ProcessId),
            ProcessorTime.Of(stack.Servers.Postgres.ProcessId),
            ProcessorTime.Of(stack.Servers.Nats.ProcessId)
        ];

    private static async Task PaceAsync(LoadStack stack, LoadOptions options, LoadReport report, CancellationToken cancellationToken)
    {
        await using var database = NpgsqlDataSource.Create(stack.Superuser);
        // Only publish: a letter for each transfer is another load.
        await using var api = await stack.StartApiAsync([new("Events__Consume", "false")], cancellationToken);
        var people = await stack.AddPeopleAsync(People, Role.User, cancellationToken);
        var wallets = await LoadWallets.OpenAsync(database, people, People * WalletsEach, cancellationToken);
        var tokens = await LoadStack.SignInAsync(api, people, cancellationToken);
        Guid[] all = [.. wallets.SelectMany(own => own)];
        TransferClient[] clients =
            [.. tokens.Select((one, n) => new TransferClient(one.AccessToken, wallets[n], all, Spread.Uniform, legs: 1, seed: n))];
        await using var nats = new NatsConnection(new NatsOpts { Url = stack.Servers.Nats.ConnectionString });
        var jetStream = new NatsJSContext(nats);

        await PayAsync(api, clients, options.WarmUp, cancellationToken);
        while (await database.HasEventsAsync(cancellationToken))
            await Task.Delay(Poll, cancellationToken);
        var from = (await jetStream.GetStreamAsync(Stream, cancellationToken: cancellationToken)).Info.State.LastSeq + 1;
        var clock = Stopwatch.StartNew();
        var payments = await PayAsync(api, clients, options.Duration, cancellationToken);
        var rate = payments / clock.Elapsed.TotalSeconds;

        var lags = await LagsAsync(jetStream, from, payments, cancellationToken);
        report.AddSection(
            "From the change to the stream",
            $"{payments} transfers at {rate:0}/s, an event each: p50 {lags.Quantile(0.5):0.0} ms, p99 {lags.Quantile(0.99):0.0} ms, "
            + $"longest {lags.Quantile(1):0.0} ms, the commit included.",
            new { Events = payments, PerSecond = rate, P50Ms = lags.Quantile(0.5), P99Ms = lags.Quantile(0.99), MaxMs = lags.Quantile(1) });
    }

    /// <summary>Pays at an even pace, each person one transfer after the other.</summary>
    private static async Task<int> PayAsync(
        ApiProcess api, TransferClient[] clients, TimeSpan duration, CancellationToken cancellationToken)
    {
        var interval = TimeSpan.FromSeconds((double)clients.Length / EventsPerSecond);
        var clock = Stopwatch.StartNew();
        // A thread each: they wait for most of the time, and a pool would grow too slowly.
        var counts = await Task.WhenAll(clients.Select((client, index) => Task.Factory.StartNew(
            () =>
            {
                using var connection = new HttpConnection(api.Address);
                var payments = 0;
                for (var due = interval * ((double)index / clients.Length); due < duration; due += interval)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (due > clock.Elapsed)
                        Thread.Sleep(due - clock.Elapsed);
                    var status = connection.Exchange(client.Next());
                    if (!client.Take(status, connection.Body))
                        throw new LoadException($"A transfer answers {status}.");
                    payments++;
                }

                return payments;
            },
            cancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        return counts.Sum();
    }

    private static async Task<LatencyHistogram> LagsAsync(
        NatsJSContext jetStream, ulong from, int count, CancellationToken cancellationToken)
    {
        var consumer = await jetStream.CreateOrUpdateConsumerAsync(
            Stream,
            new ConsumerConfig("bench")
            {
                DeliverPolicy = ConsumerConfigDeliverPolicy.ByStartSequence,
                OptStartSeq = from,
                MaxAckPending = -1
            },
            cancellationToken);
        var lags = new LatencyHistogram();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        await foreach (var message in consumer.ConsumeAsync<ReadOnlyMemory<byte>>(cancellationToken: deadline.Token))
        {
            using var envelope = JsonDocument.Parse(message.Data);
            var lag = message.Metadata!.Value.Timestamp - envelope.RootElement.GetProperty("time").GetDateTimeOffset();
            lags.Add((long)(lag.TotalSeconds * Stopwatch.Frequency));
            if (lags.Count == count)
                break;
        }

        return lags;
    }
}
