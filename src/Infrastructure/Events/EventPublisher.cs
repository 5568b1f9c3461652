using System.Globalization;
using System.Threading.Channels;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace Portico.Infrastructure.Events;

/// <summary>The result of publishing a batch of events.</summary>
/// <param name="Published">The events that the stream has acknowledged.</param>
/// <param name="Refused">The events that the stream will never accept, with the reason.</param>
/// <param name="Outage">Why other events could not be published now; null when there are none.</param>
public sealed record Publishing(
    IReadOnlyList<OutboxMessage> Published, IReadOnlyList<(OutboxMessage Event, string Reason)> Refused, string? Outage);

/// <summary>Publishes events to the stream: in order within an aggregate, concurrently across aggregates.</summary>
/// <remarks>
/// The acknowledgements of a batch arrive at one subscription, because a request of the client for each event costs more (ADR 0057).
/// </remarks>
public sealed class EventPublisher(INatsJSContext stream, EventSettings settings)
{
    // JetStream's error code for a message that is too large for the stream or the server; all other errors may be temporary.
    private const int MessageTooLarge = 10054;

    private static readonly NatsJsonContextSerializer<PubAckResponse> AnswerSerializer = new(PublishAnswerJson.Default);

    private const string MessageIdHeader = "Nats-Msg-Id";
    private const string ExpectedStreamHeader = "Nats-Expected-Stream";
    private const string ConnectionBroke = "the connection to NATS broke";

    private readonly INatsConnection _connection = stream.Connection;

    /// <summary>Publishes a batch of events.</summary>
    /// <param name="events">The events, in the order of their versions for each aggregate.</param>
    /// <param name="source">The public address of this API.</param>
    /// <param name="cancellationToken">Cancels the publishing; then it is unknown whether the stream has the current events.</param>
    public async Task<Publishing> Publish(IEnumerable<OutboxMessage> events, string source, CancellationToken cancellationToken)
    {
        var aggregates = events.GroupBy(message => message.AggregateId).Select(aggregate => new Queue<OutboxMessage>(aggregate)).ToList();
        var batch = new Batch(source);
        if (aggregates.Count == 0)
            return batch.Result;

        // Not an inbox of the connection: to those the client gives only answers whose whole subject it knows.
        var inbox = $"{_connection.Opts.InboxPrefix}.{Guid.NewGuid():N}";
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            patience.CancelAfter(_connection.Opts.RequestTimeout);
            await using var answers = await _connection.SubscribeCoreAsync(
                $"{inbox}.*",
                serializer: AnswerSerializer,
                opts: new NatsSubOpts { ChannelOpts = new NatsSubChannelOpts { Capacity = aggregates.Count } },
                cancellationToken: patience.Token);
            while (aggregates.Count > 0 && batch.Outage is null)
            {
                // The next event of each aggregate.
                patience.CancelAfter(Timeout.InfiniteTimeSpan);
                var sent = await Send(batch, aggregates, inbox, cancellationToken);
                await Receive(batch, aggregates, sent, answers.Msgs, patience);
                aggregates.RemoveAll(aggregate => aggregate.Count == 0);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            batch.GiveUp(
                _connection.ConnectionState == NatsConnectionState.Open
                    ? "no stream answers: it is missing, or the connection was lost"
                    : ConnectionBroke);
        }
        catch (NatsException failure)
        {
            batch.GiveUp(failure.Message);
        }

        return batch.Result;
    }

    /// <returns>The numbers of the events that were sent; the answer to number 7 comes to <c>inbox.7</c>.</returns>
    private async Task<HashSet<int>> Send(
        Batch batch, List<Queue<OutboxMessage>> aggregates, string inbox, CancellationToken cancellationToken)
    {
        var sent = new HashSet<int>(aggregates.Count);
        for (var number = 0; number < aggregates.Count; number++)
        {
            var message = aggregates[number].Peek();
            try
            {
                await _connection.PublishAsync(
                    StreamDefinition.Subject(settings, message.Type),
                    message,
                    new NatsHeaders
                    {
                        [MessageIdHeader] = message.Id.ToString(),
                        [ExpectedStreamHeader] = StreamDefinition.Name(settings),
                        ["Content-Type"] = CloudEvent.ContentType,
                    },
                    replyTo: string.Create(CultureInfo.InvariantCulture, $"{inbox}.{number}"),
                    serializer: batch.Serializer,
                    cancellationToken: cancellationToken);
                sent.Add(number);
            }
            catch (NatsPayloadTooLargeException failure)
            {
                batch.Refuse(aggregates[number], failure.Message);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                batch.GiveUp(ConnectionBroke);
                break;
            }
            catch (NatsException failure)
            {
                batch.GiveUp(failure.Message);
                break;
            }
        }

        return sent;
    }

    /// <summary>Awaits the answers to the sent events, each for the request timeout of the connection.</summary>
    /// <exception cref="OperationCanceledException">No answer came in this time, or the caller cancelled.</exception>
    private async Task Receive(
        Batch batch, List<Queue<OutboxMessage>> aggregates, HashSet<int> sent, ChannelReader<NatsMsg<PubAckResponse>> answers,
        CancellationTokenSource patience)
    {
        while (sent.Count > 0)
        {
            patience.CancelAfter(_connection.Opts.RequestTimeout);
            // The client completes the subscription when its token is cancelled.
            if (!await answers.WaitToReadAsync(patience.Token))
                throw new OperationCanceledException(patience.Token);

            while (answers.TryRead(out var answer))
            {
                if (Number(answer.Subject) is { } number && sent.Remove(number))
                    Take(batch, aggregates[number], answer);
            }
        }
    }

    private static int? Number(string subject) =>
        int.TryParse(subject.AsSpan(subject.LastIndexOf('.') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    private static void Take(Batch batch, Queue<OutboxMessage> aggregate, NatsMsg<PubAckResponse> answer)
    {
        if (answer.HasNoResponders)
            batch.GiveUp("no stream answers: it is missing");
        else if (answer.Error is { } failure)
            batch.GiveUp($"the answer of JetStream can't be read: {failure.Message}");
        else if (answer.Data is not { } data)
            batch.GiveUp("the answer of JetStream is empty");
        else if (data.Error is not { } error)
            batch.Take(aggregate);
        else if (error.ErrCode == MessageTooLarge)
            batch.Refuse(aggregate, error.Description ?? "it is too large");
        else
            batch.GiveUp($"JetStream does not accept the event: {error.Description} ({error.ErrCode})");
    }

    private sealed class Batch(string source)
    {
        private readonly List<OutboxMessage> _published = [];
        private readonly List<(OutboxMessage Event, string Reason)> _refused = [];

        public CloudEventSerializer Serializer { get; } = new(source);

        public string? Outage { get; private set; }

        public Publishing Result => new(_published, _refused, Outage);

        /// <summary>The first event of the aggregate is published, and the next one may follow.</summary>
        public void Take(Queue<OutboxMessage> aggregate) => _published.Add(aggregate.Dequeue());

        /// <summary>The first event of the aggregate is refused, so none of the others follows.</summary>
        public void Refuse(Queue<OutboxMessage> aggregate, string reason)
        {
            _refused.Add((aggregate.Peek(), reason));
            aggregate.Clear();
        }

        public void GiveUp(string reason) => Outage ??= reason;
    }
}
