namespace Portico.Nats.JetStream;

/// <summary>Why JetStream refused.</summary>
public sealed record ApiError
{
    public int Code { get; init; }
    public int ErrCode { get; init; }
    public string Description { get; init; } = "";
}

/// <summary>The answer to a publishing: a refusal, or where the message is kept.</summary>
public sealed record PubAckResponse
{
    /// <summary>Set when the message was not taken; then nothing else means anything.</summary>
    public ApiError? Error { get; init; }

    public string? Stream { get; init; }
    public ulong Seq { get; init; }
    public string? Domain { get; init; }

    /// <summary>Whether the stream had a message with this id already; it is kept once.</summary>
    public bool Duplicate { get; init; }
}

public enum StreamConfigRetention
{
    Limits,
    Interest,
    Workqueue,
}

public enum StreamConfigStorage
{
    File,
    Memory,
}

public enum StreamConfigDiscard
{
    Old,
    New,
}

/// <summary>What a stream keeps, and for how long.</summary>
public sealed record StreamConfig
{
    public required string Name { get; init; }
    public string? Description { get; init; }
    public required IReadOnlyList<string> Subjects { get; init; }
    public StreamConfigRetention Retention { get; init; }
    public StreamConfigStorage Storage { get; init; }
    public StreamConfigDiscard Discard { get; init; }

    /// <summary>Zero is for ever.</summary>
    public TimeSpan MaxAge { get; init; }

    /// <summary>-1 is without a limit.</summary>
    public long MaxBytes { get; init; } = -1;

    public long MaxMsgs { get; init; } = -1;
    public int MaxMsgSize { get; init; } = -1;
    public long MaxMsgsPerSubject { get; init; } = -1;
    public int MaxConsumers { get; init; } = -1;
    public int NumReplicas { get; init; } = 1;

    /// <summary>For how long the server remembers message ids.</summary>
    public TimeSpan DuplicateWindow { get; init; }

    public bool DenyDelete { get; init; }
    public bool DenyPurge { get; init; }
    public bool AllowDirect { get; init; }
}

public sealed record StreamState
{
    public long Messages { get; init; }
    public long Bytes { get; init; }
    public ulong FirstSeq { get; init; }
    public ulong LastSeq { get; init; }
    public int ConsumerCount { get; init; }
}

public sealed record StreamInfo
{
    public required StreamConfig Config { get; init; }
    public StreamState State { get; init; } = new();
    public DateTimeOffset Created { get; init; }
}

public enum ConsumerConfigDeliverPolicy
{
    All,
    Last,
    New,
    ByStartSequence,
    ByStartTime,
    LastPerSubject,
}

public enum ConsumerConfigAckPolicy
{
    None,
    All,
    Explicit,
}

public enum ConsumerConfigReplayPolicy
{
    Instant,
    Original,
}

/// <summary>How a durable consumer is served.</summary>
public sealed record ConsumerConfig
{
    public ConsumerConfig(string name) => (Name, DurableName) = (name, name);

    public ConsumerConfig()
    {
    }

    public string? Name { get; init; }
    public string? DurableName { get; init; }
    public string? Description { get; init; }
    public ConsumerConfigDeliverPolicy DeliverPolicy { get; init; }
    public ulong? OptStartSeq { get; init; }
    public DateTimeOffset? OptStartTime { get; init; }
    public ConsumerConfigAckPolicy AckPolicy { get; init; } = ConsumerConfigAckPolicy.Explicit;
    public ConsumerConfigReplayPolicy ReplayPolicy { get; init; }

    /// <summary>After this long without an answer a message is delivered again.</summary>
    public TimeSpan AckWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Deliveries of one message; -1 is without a limit.</summary>
    public long MaxDeliver { get; init; } = -1;

    /// <summary>The wait before each further delivery; strictly shorter a list than <see cref="MaxDeliver"/>, and its first replaces <see cref="AckWait"/>.</summary>
    public IReadOnlyList<TimeSpan>? Backoff { get; init; }

    public string? FilterSubject { get; init; }

    /// <summary>Messages that may be delivered and unanswered; beyond it the server is silent.</summary>
    public long MaxAckPending { get; init; } = 1000;

    /// <summary>Pulls that may wait at the server.</summary>
    public long MaxWaiting { get; init; } = 512;

    public long? MaxBatch { get; init; }
    public TimeSpan? MaxExpires { get; init; }
    public int NumReplicas { get; init; }
}

public sealed record SequenceInfo
{
    public ulong ConsumerSeq { get; init; }
    public ulong StreamSeq { get; init; }
}

public sealed record ConsumerInfo
{
    public string StreamName { get; init; } = "";
    public string Name { get; init; } = "";
    public required ConsumerConfig Config { get; init; }
    public SequenceInfo Delivered { get; init; } = new();
    public SequenceInfo AckFloor { get; init; } = new();
    public long NumAckPending { get; init; }
    public long NumRedelivered { get; init; }
    public long NumWaiting { get; init; }
    public long NumPending { get; init; }
}
