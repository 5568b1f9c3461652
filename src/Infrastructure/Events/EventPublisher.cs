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

    /// <summary>The header with the id of an event, by which the stream recognises it.</summary>
    internal const string MessageIdHeader = "Nats-Msg-Id";

    private const string ExpectedStreamHeader = "Nats-Expected-Stream";
    private const string ConnectionBroke = "the connection to NATS broke";

    private readonly INatsConnection _connection = stream.Connection;

    /// <summary>Publishes a batch of events.</summary>
    /// <param name="events">The events, in the order of their versions for each aggregate.</param>
    /// <param name="source">The public address of this API.</param>
    /// <param name="cancellationToken">Cancels the publishing; then it is unknown whether the stream has the current events.</param>
    public async Task<Publishing> Publish(IReadOnlyList<OutboxMessage> events, string source, CancellationToken cancellationToken)
    {
        var batch = new Batch(events, source);
        var next = batch.FirstOfEach();
        if (next.Count == 0)
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
                opts: new NatsSubOpts { ChannelOpts = new NatsSubChannelOpts { Capacity = next.Count } },
                cancellationToken: patience.Token);
            while (next.Count > 0 && batch.Outage is null)
            {
                patience.CancelAfter(Timeout.InfiniteTimeSpan);
                var sent = await Send(batch, next, inbox, cancellationToken);
                next = await Receive(batch, sent, answers.Msgs, patience);
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

    /// <param name="batch">The batch.</param>
    /// <param name="next">The numbers of events, one of each aggregate; the answer to number 7 comes to <c>inbox.7</c>.</param>
    /// <param name="inbox">Where the answers come.</param>
    /// <param name="cancellationToken">Cancels the sending.</param>
    /// <returns>The numbers of the events that were sent.</returns>
    private async Task<HashSet<int>> Send(Batch batch, List<int> next, string inbox, CancellationToken cancellationToken)
    {
        var sent = new HashSet<int>(next.Count);
        foreach (var number in next)
        {
            var message = batch.Events[number];
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
                batch.Refuse(number, failure.Message);
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
    /// <returns>The numbers of the events that may be sent now: those after a published one of their aggregate.</returns>
    /// <exception cref="OperationCanceledException">No answer came in this time, or the caller cancelled.</exception>
    private async Task<List<int>> Receive(
        Batch batch, HashSet<int> sent, ChannelReader<NatsMsg<PubAckResponse>> answers, CancellationTokenSource patience)
    {
        List<int> next = [];
        while (sent.Count > 0)
        {
            patience.CancelAfter(_connection.Opts.RequestTimeout);
            // The client completes the subscription when its token is cancelled.
            if (!await answers.WaitToReadAsync(patience.Token))
                throw new OperationCanceledException(patience.Token);

            while (answers.TryRead(out var answer))
            {
                if (Number(answer.Subject) is { } number && sent.Remove(number) && Take(batch, number, answer) is { } after)
                    next.Add(after);
            }
        }

        return next;
    }

    private static int? Number(string subject) =>
        int.TryParse(subject.AsSpan(subject.LastIndexOf('.') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    /// <returns>The number of the event of the same aggregate that may be sent now, or <c>null</c>.</returns>
    private static int? Take(Batch batch, int number, NatsMsg<PubAckResponse> answer)
    {
        if (answer.HasNoResponders)
            batch.GiveUp("no stream answers: it is missing");
        else if (answer.Error is { } failure)
            batch.GiveUp($"the answer of JetStream can't be read: {failure.Message}");
        else if (answer.Data is not { } data)
            batch.GiveUp("the answer of JetStream is empty");
        else if (data.Error is not { } error)
            return batch.Take(number);
        else if (error.ErrCode == MessageTooLarge)
            batch.Refuse(number, error.Description ?? "it is too large");
        else
            batch.GiveUp($"JetStream does not accept the event: {error.Description} ({error.ErrCode})");
        return null;
    }

    private sealed class Batch(IReadOnlyList<OutboxMessage> events, string source)
    {
        private readonly List<OutboxMessage> _published = new(events.Count);
        private readonly List<(OutboxMessage Event, string Reason)> _refused = [];

        // Of each event the number of the next one of its aggregate; events that have none are missing.
        private readonly Dictionary<int, int> _after = [];

        public IReadOnlyList<OutboxMessage> Events => events;

        public CloudEventSerializer Serializer { get; } = new(source);

        public string? Outage { get; private set; }

        public Publishing Result => new(_published, _refused, Outage);

        /// <summary>The numbers of the first event of each aggregate.</summary>
        public List<int> FirstOfEach()
        {
            var last = new Dictionary<Guid, int>(events.Count);
            var first = new List<int>(events.Count);
            for (var number = 0; number < events.Count; number++)
            {
                if (last.TryGetValue(events[number].AggregateId, out var before))
                    _after[before] = number;
                else
                    first.Add(number);
                last[events[number].AggregateId] = number;
            }

            return first;
        }

        /// <summary>An event is published.</summary>
        /// <returns>The number of the one that may follow, or <c>null</c>.</returns>
        public int? Take(int number)
        {
            _published.Add(events[number]);
            return _after.TryGetValue(number, out var after) ? after : null;
        }

        /// <summary>An event is refused, so none of its aggregate follows.</summary>
        public void Refuse(int number, string reason) => _refused.Add((events[number], reason));

        public void GiveUp(string reason) => Outage ??= reason;
    }
}
