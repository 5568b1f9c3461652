namespace Portico.Nats.JetStream;

/// <summary>How JetStream's API is reached.</summary>
public sealed record NatsJSOpts
{
    public string ApiPrefix { get; init; } = "$JS.API";

    /// <summary>How long an answer of the API may take; null takes <see cref="NatsOpts.RequestTimeout"/>.</summary>
    public TimeSpan? RequestTimeout { get; init; }
}

/// <summary>What a publishing expects of the stream.</summary>
public sealed record NatsJSPubOpts
{
    /// <summary>The stream keeps one message of an id, as long as its duplicate window lasts.</summary>
    public string? MsgId { get; init; }

    public string? ExpectedStream { get; init; }
    public string? ExpectedLastMsgId { get; init; }
    public ulong? ExpectedLastSequence { get; init; }
    public ulong? ExpectedLastSubjectSequence { get; init; }
}

/// <summary>One pull of at most some messages.</summary>
public sealed record NatsJSFetchOpts
{
    public int? MaxMsgs { get; init; }
    public int? MaxBytes { get; init; }

    /// <summary>How long the server keeps the pull; at least 1 s.</summary>
    public TimeSpan? Expires { get; init; }

    /// <summary>How often the server says that it is there while it has nothing; less than half of <see cref="Expires"/>.</summary>
    public TimeSpan? IdleHeartbeat { get; init; }
}

/// <summary>Pulls one after the other.</summary>
public sealed record NatsJSConsumeOpts
{
    /// <summary>Messages of one pull, which is how many may wait in memory.</summary>
    public int? MaxMsgs { get; init; }

    public int? MaxBytes { get; init; }
    public TimeSpan? Expires { get; init; }
    public TimeSpan? IdleHeartbeat { get; init; }
}

/// <summary>A pull of one message.</summary>
public sealed record NatsJSNextOpts
{
    public TimeSpan? Expires { get; init; }
    public TimeSpan? IdleHeartbeat { get; init; }
}

/// <summary>How a message is answered.</summary>
public sealed record AckOpts
{
    /// <summary>Whether to wait until the server has taken the answer down.</summary>
    public bool? DoubleAck { get; init; }

    /// <summary>After this long a message that was refused comes again.</summary>
    public TimeSpan? NakDelay { get; init; }
}
