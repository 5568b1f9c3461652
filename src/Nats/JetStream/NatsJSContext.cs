using System.Globalization;
using System.Text.Json;
using Portico.Nats.Protocol;

namespace Portico.Nats.JetStream;

/// <inheritdoc cref="INatsJSContext"/>
public sealed class NatsJSContext(NatsConnection connection, NatsJSOpts opts) : INatsJSContext
{
    private const int NotFound = 404;
    private const int NoResponders = 503;

    public NatsJSContext(NatsConnection connection)
        : this(connection, new NatsJSOpts())
    {
    }

    public INatsConnection Connection => Client;
    public NatsJSOpts Opts { get; } = opts;

    internal NatsConnection Client { get; } = connection;

    internal TimeSpan RequestTimeout => Opts.RequestTimeout ?? Client.Opts.RequestTimeout;

    public async ValueTask<PubAckResponse> PublishAsync<T>(
        string subject, T? data, NatsJSPubOpts? opts = null, NatsHeaders? headers = null, CancellationToken cancellationToken = default)
    {
        var reply = await Client.RequestAsync(subject, Expectations(opts, headers), Payload.Of(data), RequestTimeout, cancellationToken);
        if (reply.Headers?.Code == NoResponders)
            throw new NatsJSPublishNoResponseException();
        return Read<PubAckResponse>(reply);
    }

    public ValueTask<INatsJSStream> CreateStreamAsync(StreamConfig config, CancellationToken cancellationToken = default) =>
        StreamAsync("CREATE", config.Name, config, cancellationToken);

    public ValueTask<INatsJSStream> UpdateStreamAsync(StreamConfig config, CancellationToken cancellationToken = default) =>
        StreamAsync("UPDATE", config.Name, config, cancellationToken);

    public async ValueTask<INatsJSStream> CreateOrUpdateStreamAsync(StreamConfig config, CancellationToken cancellationToken = default)
    {
        try
        {
            return await UpdateStreamAsync(config, cancellationToken);
        }
        catch (NatsJSApiException missing) when (missing.Error.Code == NotFound)
        {
            return await CreateStreamAsync(config, cancellationToken);
        }
    }

    public ValueTask<INatsJSStream> GetStreamAsync(string stream, CancellationToken cancellationToken = default) =>
        StreamAsync("INFO", stream, body: null, cancellationToken);

    public async ValueTask<bool> DeleteStreamAsync(string stream, CancellationToken cancellationToken = default) =>
        (await CallAsync<Success>($"STREAM.DELETE.{Subjects.CheckName(stream, nameof(stream))}", body: null, cancellationToken)).IsSuccess;

    public async ValueTask<INatsJSConsumer> CreateOrUpdateConsumerAsync(string stream, ConsumerConfig config, CancellationToken cancellationToken = default)
    {
        var name = Subjects.CheckName(config.DurableName ?? config.Name ?? "", nameof(config));
        var body = new { stream_name = Subjects.CheckName(stream, nameof(stream)), config = config with { Name = name, DurableName = name } };
        return new NatsJSConsumer(this, await CallAsync<ConsumerInfo>($"CONSUMER.DURABLE.CREATE.{stream}.{name}", body, cancellationToken));
    }

    public async ValueTask<INatsJSConsumer> GetConsumerAsync(string stream, string consumer, CancellationToken cancellationToken = default) =>
        new NatsJSConsumer(this, await ConsumerInfoAsync(stream, consumer, cancellationToken));

    public async ValueTask<bool> DeleteConsumerAsync(string stream, string consumer, CancellationToken cancellationToken = default) =>
        (await CallAsync<Success>(
            $"CONSUMER.DELETE.{Subjects.CheckName(stream, nameof(stream))}.{Subjects.CheckName(consumer, nameof(consumer))}", body: null, cancellationToken)).IsSuccess;

    internal Task<ConsumerInfo> ConsumerInfoAsync(string stream, string consumer, CancellationToken cancellationToken) => CallAsync<ConsumerInfo>(
        $"CONSUMER.INFO.{Subjects.CheckName(stream, nameof(stream))}.{Subjects.CheckName(consumer, nameof(consumer))}", body: null, cancellationToken);

    internal Task<StreamInfo> StreamInfoAsync(string stream, CancellationToken cancellationToken) =>
        CallAsync<StreamInfo>($"STREAM.INFO.{Subjects.CheckName(stream, nameof(stream))}", body: null, cancellationToken);

    private static NatsHeaders? Expectations(NatsJSPubOpts? opts, NatsHeaders? given)
    {
        if (opts is null)
            return given;

        var headers = new NatsHeaders();
        foreach (var (key, values) in given ?? [])
            headers.Append(key, values);
        Set("Nats-Msg-Id", opts.MsgId);
        Set("Nats-Expected-Stream", opts.ExpectedStream);
        Set("Nats-Expected-Last-Msg-Id", opts.ExpectedLastMsgId);
        Set("Nats-Expected-Last-Sequence", opts.ExpectedLastSequence?.ToString(CultureInfo.InvariantCulture));
        Set("Nats-Expected-Last-Subject-Sequence", opts.ExpectedLastSubjectSequence?.ToString(CultureInfo.InvariantCulture));
        return headers;

        void Set(string key, string? value)
        {
            if (value is not null)
                headers[key] = value;
        }
    }

    private async ValueTask<INatsJSStream> StreamAsync(string verb, string stream, object? body, CancellationToken cancellationToken) => new NatsJSStream(
        this, await CallAsync<StreamInfo>($"STREAM.{verb}.{Subjects.CheckName(stream, nameof(stream))}", body, cancellationToken));

    private async Task<TResponse> CallAsync<TResponse>(string verb, object? body, CancellationToken cancellationToken)
    {
        Frame reply;
        try
        {
            var payload = body is null ? [] : JsonSerializer.SerializeToUtf8Bytes(body, JetStreamJson.Options);
            reply = await Client.RequestAsync($"{Opts.ApiPrefix}.{verb}", headers: null, payload, RequestTimeout, cancellationToken);
        }
        catch (NatsNoReplyException silence)
        {
            throw new NatsJSApiNoResponseException(silence);
        }

        if (reply.Headers?.Code == NoResponders)
            throw new NatsJSApiNoResponseException(new NatsNoRespondersException());

        // A refusal may carry an empty answer besides: it is read first.
        if (Read<Refusal>(reply).Error is { } error)
            throw new NatsJSApiException(error);
        return Read<TResponse>(reply);
    }

    private static TResponse Read<TResponse>(in Frame reply)
    {
        try
        {
            return JsonSerializer.Deserialize<TResponse>(reply.Payload.Span, JetStreamJson.Options)
                ?? throw new NatsJSException("JetStream answered nothing.");
        }
        catch (JsonException malformed)
        {
            throw new NatsJSException("JetStream answered in a form that is unknown.", malformed);
        }
    }

    private sealed record Refusal
    {
        public ApiError? Error { get; init; }
    }

    private sealed record Success
    {
        [System.Text.Json.Serialization.JsonPropertyName("success")]
        public bool IsSuccess { get; init; }
    }
}

/// <summary>Turns answers into exceptions where a refusal is not expected.</summary>
public static class NatsJSExtensions
{
    public static bool IsSuccess(this PubAckResponse ack) => ack is { Error: null, Duplicate: false };

    /// <exception cref="NatsJSApiException">The stream refused the message.</exception>
    /// <exception cref="NatsJSDuplicateMessageException">The stream had it already.</exception>
    public static void EnsureSuccess(this PubAckResponse ack)
    {
        if (ack.Error is { } error)
            throw new NatsJSApiException(error);
        if (ack.Duplicate)
            throw new NatsJSDuplicateMessageException(ack.Seq);
    }
}

internal sealed class NatsJSStream(NatsJSContext context, StreamInfo info) : INatsJSStream
{
    public StreamInfo Info { get; private set; } = info;

    public async ValueTask RefreshAsync(CancellationToken cancellationToken = default) =>
        Info = await context.StreamInfoAsync(Info.Config.Name, cancellationToken);
}
