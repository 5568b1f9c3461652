using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;
using Npgsql;
using Portico.Domain.Common;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Events;

/// <summary>Finds the events that the stream acknowledged and then lost, and lets them wait again.</summary>
/// <remarks>
/// JetStream acknowledges an event before it is on the disk: by default it syncs its files once in 2 minutes. When its host loses power,
/// the newest events are gone, and the rest of the stream is as it was. Looks at the events of <see cref="Window"/> before the newest
/// message, and at none before the first message. An empty stream is left to the operator (<c>events republish</c>). Not thread-safe.
/// </remarks>
internal sealed partial class StreamRecovery(
    INatsJSContext jetStream,
    EventSettings settings,
    [FromKeyedServices(PostgresRegistration.Direct)] NpgsqlDataSource database,
    OutboxMetrics metrics,
    ILogger<StreamRecovery> logger)
{
    /// <summary>How far back lost events are looked for: longer than the server waits before it syncs.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(3);

    /// <summary>The maximum number of events that are compared; older ones are taken for published.</summary>
    private const int MaxEvents = 1_000_000;

    // Between the clocks of the hosts of NATS and of the servers that gave the ids.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly string PublishedSql =
        $"""
        SELECT o.id FROM outbox o
        WHERE o.id >= $1 AND {OutboxRows.DoesNotWait("o")}
        ORDER BY o.id DESC LIMIT $2
        """;

    private const string WaitSql =
        """
        INSERT INTO outbox_waiting (id, aggregate_id) SELECT o.id, o.aggregate_id FROM outbox o WHERE o.id = ANY ($1)
        ON CONFLICT (id) DO NOTHING
        """;

    /// <summary>Compares the newest events with the stream, and lets the missing ones wait.</summary>
    public async Task Recover(CancellationToken cancellationToken)
    {
        var stream = await StreamDefinition.NullWhenMissing(
            async () => await jetStream.GetStreamAsync(StreamDefinition.Name(settings), cancellationToken: cancellationToken));
        if (stream?.Info.State is not { Messages: > 0, FirstTs: { } firstAt })
            return;

        // Events that waited long are older than the messages about them.
        var newest = default(DateTimeOffset);
        var last = new NatsJSOrderedConsumerOpts { DeliverPolicy = ConsumerConfigDeliverPolicy.Last };
        await foreach (var (id, storedAt) in Read(last, cancellationToken))
            newest = id is { } known && Ids.TimeOf(known) < storedAt ? Ids.TimeOf(known) : storedAt;
        // An operator may have removed what was before the first message.
        var first = DateTimeOffset.Parse(firstAt, CultureInfo.InvariantCulture);
        var from = newest - Window > first ? newest - Window : first;

        // The table first: what another relay publishes between the two looks still waits in it, or is found in the stream.
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var published = (await new NpgsqlCommand(PublishedSql, connection)
            .With(Ids.FirstOf(from.ToUnixTimeMilliseconds()), MaxEvents)
            .ReadAll(row => row.GetGuid(0), cancellationToken)).ToHashSet();
        if (published.Count == 0)
            return;

        var tail = new NatsJSOrderedConsumerOpts
        {
            DeliverPolicy = ConsumerConfigDeliverPolicy.ByStartTime,
            OptStartTime = from - ClockSkew,
        };
        await foreach (var (id, _) in Read(tail, cancellationToken))
        {
            if (id is { } found)
                published.Remove(found);
        }

        if (published.Count == 0)
            return;
        var lost = await new NpgsqlCommand(WaitSql, connection).With(published.ToArray()).ExecuteNonQueryAsync(cancellationToken);
        metrics.Recovered(lost);
        LogRecovered(lost);
    }

    /// <summary>The ids of messages and when the stream stored them, up to the last one.</summary>
    private async IAsyncEnumerable<(Guid? Id, DateTimeOffset StoredAt)> Read(
        NatsJSOrderedConsumerOpts options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A message may be removed by its age before it comes.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        var resetAt = Stopwatch.GetTimestamp();
        var consumer = await jetStream.CreateOrderedConsumerAsync(
            StreamDefinition.Name(settings), options with { HeadersOnly = true }, patience.Token);
        await foreach (var message in consumer.ConsumeAsync<ReadOnlyMemory<byte>>(cancellationToken: patience.Token))
        {
            if (message.Metadata is not { } metadata)
                continue;
            yield return (IdOf(message.Headers), metadata.Timestamp);
            if (metadata.NumPending == 0)
                yield break;
            if (Stopwatch.GetElapsedTime(resetAt) > TimeSpan.FromSeconds(1))
            {
                patience.CancelAfter(Patience);
                resetAt = Stopwatch.GetTimestamp();
            }
        }

        // Events that were not read would count as lost.
        throw new TimeoutException("The end of the stream did not come.");
    }

    private static Guid? IdOf(NatsHeaders? headers) =>
        headers is not null && headers.TryGetLastValue(EventPublisher.MessageIdHeader, out var text) && Guid.TryParse(text, out var id)
            ? id
            : null;

    [LoggerMessage(1, LogLevel.Warning, "The stream has lost {Count} events that it had acknowledged; they are published again")]
    private partial void LogRecovered(int count);
}
