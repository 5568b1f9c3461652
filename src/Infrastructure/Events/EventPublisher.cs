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
public sealed class EventPublisher(INatsJSContext stream, EventSettings settings)
{
    // JetStream's error code for a message that is too large for the stream or the server; all other errors may be temporary.
    private const int MessageTooLarge = 10054;

    /// <summary>Publishes a batch of events.</summary>
    /// <param name="events">The events, in the order of their versions for each aggregate.</param>
    /// <param name="source">The public address of this API.</param>
    /// <param name="cancellationToken">Cancels the publishing; then it is unknown whether the stream has the current events.</param>
    public async Task<Publishing> Publish(IEnumerable<OutboxMessage> events, string source, CancellationToken cancellationToken)
    {
        var batch = new Batch(source);
        await Task.WhenAll(events
            .GroupBy(message => message.AggregateId)
            .Select(aggregate => PublishInOrder(batch, aggregate, cancellationToken)));
        return new Publishing(batch.Published, batch.Refused, batch.Outage);
    }

    private async Task PublishInOrder(Batch batch, IEnumerable<OutboxMessage> events, CancellationToken cancellationToken)
    {
        foreach (var message in events)
        {
            if (batch.Outage is not null || !await Publish(batch, message, cancellationToken))
                return;
        }
    }

    /// <returns>Whether the stream has the event, and the next one of its aggregate may follow.</returns>
    private async Task<bool> Publish(Batch batch, OutboxMessage message, CancellationToken cancellationToken)
    {
        try
        {
            var result = await stream.TryPublishAsync(
                StreamDefinition.Subject(settings, message.Type),
                CloudEvent.Write(message, batch.Source),
                opts: new NatsJSPubOpts { MsgId = message.Id.ToString(), ExpectedStream = StreamDefinition.Name(settings) },
                headers: new NatsHeaders { ["Content-Type"] = CloudEvent.ContentType },
                cancellationToken: cancellationToken);
            return result.Success ? IsPublished(batch, message, result.Value) : IsPublished(batch, message, result.Error);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The connection was lost before the event was sent.
            return batch.GiveUp("the connection to NATS broke");
        }
    }

    private static bool IsPublished(Batch batch, OutboxMessage message, PubAckResponse answer) => answer.Error switch
    {
        null => batch.Take(message),
        { ErrCode: MessageTooLarge } error => batch.Refuse(message, error.Description ?? "it is too large"),
        { } error => batch.GiveUp($"JetStream does not accept the event: {error.Description} ({error.ErrCode})"),
    };

    private bool IsPublished(Batch batch, OutboxMessage message, Exception failure) => failure switch
    {
        NatsPayloadTooLargeException => batch.Refuse(message, failure.Message),
        // The client throws the same exception for a missing stream and for an answer that was lost with the connection.
        NatsJSPublishNoResponseException when stream.Connection.ConnectionState == NatsConnectionState.Open =>
            batch.GiveUp("no stream answers: it is missing, or the connection was lost"),
        NatsJSPublishNoResponseException => batch.GiveUp("the connection to NATS broke"),
        _ => batch.GiveUp(failure.Message),
    };

    private sealed class Batch(string source)
    {
        private readonly Lock _gate = new();
        private volatile string? _outage;

        public string Source => source;
        public List<OutboxMessage> Published { get; } = [];
        public List<(OutboxMessage Event, string Reason)> Refused { get; } = [];
        public string? Outage => _outage;

        public bool Take(OutboxMessage message)
        {
            lock (_gate)
                Published.Add(message);
            return true;
        }

        public bool Refuse(OutboxMessage message, string reason)
        {
            lock (_gate)
                Refused.Add((message, reason));
            return false;
        }

        public bool GiveUp(string reason)
        {
            _outage = reason;
            return false;
        }
    }
}
