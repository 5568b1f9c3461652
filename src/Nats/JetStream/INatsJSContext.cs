namespace Portico.Nats.JetStream;

/// <summary>JetStream: streams, consumers, and publishing with an answer.</summary>
/// <remarks>All throw <see cref="NatsJSApiException"/> for a refusal, and <see cref="NatsJSApiNoResponseException"/> for silence.</remarks>
public interface INatsJSContext
{
    INatsConnection Connection { get; }
    NatsJSOpts Opts { get; }

    /// <summary>Publishes and waits until the stream has taken the message down, or refused it.</summary>
    /// <exception cref="NatsJSPublishNoResponseException">Nobody is there to take it.</exception>
    /// <exception cref="NatsNoReplyException">No answer came in time; whether the message is kept is unknown.</exception>
    /// <exception cref="NatsConnectionFailedException">The connection broke before the answer; likewise.</exception>
    ValueTask<PubAckResponse> PublishAsync<T>(
        string subject, T? data, NatsJSPubOpts? opts = null, NatsHeaders? headers = null, CancellationToken cancellationToken = default);

    ValueTask<INatsJSStream> CreateStreamAsync(StreamConfig config, CancellationToken cancellationToken = default);

    ValueTask<INatsJSStream> UpdateStreamAsync(StreamConfig config, CancellationToken cancellationToken = default);

    ValueTask<INatsJSStream> CreateOrUpdateStreamAsync(StreamConfig config, CancellationToken cancellationToken = default);

    ValueTask<INatsJSStream> GetStreamAsync(string stream, CancellationToken cancellationToken = default);

    ValueTask<bool> DeleteStreamAsync(string stream, CancellationToken cancellationToken = default);

    /// <summary>Makes a durable pull consumer, or changes it to this configuration.</summary>
    ValueTask<INatsJSConsumer> CreateOrUpdateConsumerAsync(string stream, ConsumerConfig config, CancellationToken cancellationToken = default);

    ValueTask<INatsJSConsumer> GetConsumerAsync(string stream, string consumer, CancellationToken cancellationToken = default);

    ValueTask<bool> DeleteConsumerAsync(string stream, string consumer, CancellationToken cancellationToken = default);
}

/// <summary>A stream as it was when asked for last.</summary>
public interface INatsJSStream
{
    StreamInfo Info { get; }

    ValueTask RefreshAsync(CancellationToken cancellationToken = default);
}

/// <summary>A durable consumer from which messages are pulled.</summary>
public interface INatsJSConsumer
{
    ConsumerInfo Info { get; }

    /// <summary>The messages as they come, over reconnects, until cancelled.</summary>
    /// <remarks>What was pulled and not read when the loop is left goes back to the server at once.</remarks>
    /// <exception cref="NatsJSProtocolException">The consumer was deleted, or the server refuses such a pull.</exception>
    /// <exception cref="NatsJSApiException">The consumer is not there.</exception>
    IAsyncEnumerable<NatsJSMsg<T>> ConsumeAsync<T>(NatsJSConsumeOpts? opts = null, CancellationToken cancellationToken = default);

    /// <summary>At most so many messages, until the pull expires.</summary>
    IAsyncEnumerable<NatsJSMsg<T>> FetchAsync<T>(NatsJSFetchOpts opts, CancellationToken cancellationToken = default);

    /// <summary>At most so many messages of those that are there now.</summary>
    IAsyncEnumerable<NatsJSMsg<T>> FetchNoWaitAsync<T>(NatsJSFetchOpts opts, CancellationToken cancellationToken = default);

    /// <summary>The next message, or null when there is none until the pull expires.</summary>
    ValueTask<NatsJSMsg<T>?> NextAsync<T>(NatsJSNextOpts? opts = null, CancellationToken cancellationToken = default);

    ValueTask RefreshAsync(CancellationToken cancellationToken = default);
}
