namespace Portico.Nats;

/// <summary>A message as it came.</summary>
/// <typeparam name="T">One of <c>byte[]</c>, <c>ReadOnlyMemory&lt;byte&gt;</c> and <c>string</c>.</typeparam>
public readonly record struct NatsMsg<T>
{
    internal NatsMsg(INatsConnection connection, string subject, string? replyTo, NatsHeaders? headers, ReadOnlyMemory<byte> payload)
    {
        (Connection, Subject, ReplyTo, Headers) = (connection, subject, replyTo, headers);
        Size = subject.Length + (replyTo?.Length ?? 0) + payload.Length;
        Data = Payload.To<T>(payload);
    }

    public string Subject { get; }
    public string? ReplyTo { get; }

    /// <summary>About how many bytes the message keeps in memory.</summary>
    public int Size { get; }

    public NatsHeaders? Headers { get; }
    public T? Data { get; }
    public INatsConnection? Connection { get; }

    /// <summary>Answers a request.</summary>
    /// <exception cref="NatsException">It was no request, or there is no connection.</exception>
    public ValueTask ReplyAsync<TReply>(TReply data, NatsHeaders? headers = null, CancellationToken cancellationToken = default) =>
        Connection is not null && ReplyTo is not null
            ? Connection.PublishAsync(ReplyTo, data, headers, cancellationToken: cancellationToken)
            : throw new NatsException("The message wants no reply.");
}
