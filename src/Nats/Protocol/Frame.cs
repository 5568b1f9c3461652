namespace Portico.Nats.Protocol;

internal enum FrameKind
{
    Message,
    Info,
    Ping,
    Pong,
    Ok,
    Error,
}

/// <summary>One operation that the server sent.</summary>
internal readonly record struct Frame(FrameKind Kind)
{
    public long Sid { get; init; }
    public string Subject { get; init; } = "";
    public string? ReplyTo { get; init; }
    public NatsHeaders? Headers { get; init; }

    /// <summary>The data of a message, the JSON of INFO, the text of -ERR.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }
}
