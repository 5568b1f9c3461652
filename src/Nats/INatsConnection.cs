using System.Threading.Channels;

namespace Portico.Nats;

public enum NatsConnectionState
{
    Closed,
    Open,
    Connecting,
    Reconnecting,
}

/// <summary>A connection to NATS that comes back by itself.</summary>
public interface INatsConnection : IAsyncDisposable
{
    NatsOpts Opts { get; }
    NatsConnectionState ConnectionState { get; }

    /// <summary>What the server said of itself last; null before the first connection.</summary>
    ServerInfo? ServerInfo { get; }

    /// <summary>Connects; every other method does so too if need be.</summary>
    /// <exception cref="NatsException">The attempt failed, and <see cref="NatsOpts.RetryOnInitialConnect"/> is off.</exception>
    ValueTask ConnectAsync();

    /// <summary>The time until the server answers, and with it the proof that all that was sent before has arrived.</summary>
    ValueTask<TimeSpan> PingAsync(CancellationToken cancellationToken = default);

    /// <summary>Sends a message, at most once.</summary>
    /// <exception cref="NatsConnectionFailedException">There was no connection within <see cref="NatsOpts.CommandTimeout"/>.</exception>
    /// <exception cref="NatsPayloadTooLargeException">The server takes no message of this size.</exception>
    ValueTask PublishAsync<T>(
        string subject, T data, NatsHeaders? headers = null, string? replyTo = null, CancellationToken cancellationToken = default);

    /// <summary>The messages of a subject as they come, over reconnects, until cancelled.</summary>
    IAsyncEnumerable<NatsMsg<T>> SubscribeAsync<T>(
        string subject, string? queueGroup = null, NatsSubOpts? opts = null, CancellationToken cancellationToken = default);

    /// <summary>Subscribes; when this returns the server has the subscription.</summary>
    ValueTask<INatsSub<T>> SubscribeCoreAsync<T>(
        string subject, string? queueGroup = null, NatsSubOpts? opts = null, CancellationToken cancellationToken = default);

    /// <summary>Sends a message and gives the first answer to it.</summary>
    /// <exception cref="NatsNoReplyException">Nobody answered in time.</exception>
    /// <exception cref="NatsNoRespondersException">Nobody listens.</exception>
    /// <exception cref="NatsConnectionFailedException">There was no connection in time, or it broke before the answer.</exception>
    ValueTask<NatsMsg<TReply>> RequestAsync<TRequest, TReply>(
        string subject, TRequest? data, NatsHeaders? headers = null, NatsSubOpts? replyOpts = null, CancellationToken cancellationToken = default);

    /// <summary>Ends all subscriptions, waits until what was sent has arrived and what had come is taken over, and closes.</summary>
    ValueTask DrainAsync(CancellationToken cancellationToken = default);
}

/// <summary>A subscription and what waits in it.</summary>
public interface INatsSub<T> : IAsyncDisposable
{
    ChannelReader<NatsMsg<T>> Msgs { get; }
    string Subject { get; }
    string? QueueGroup { get; }

    /// <summary>Ends the subscription; what waits can still be read.</summary>
    ValueTask UnsubscribeAsync();
}
