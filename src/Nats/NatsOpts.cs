namespace Portico.Nats;

/// <summary>How a connection behaves; immutable, changed by <c>with</c>.</summary>
public sealed record NatsOpts
{
    public static readonly NatsOpts Default = new();

    /// <summary>One server or several, separated by commas: <c>nats://[user:password@|token@]host[:port]</c>, or <c>tls://…</c> to insist on TLS.</summary>
    /// <remarks>Credentials are those of the first, unless <see cref="AuthOpts"/> has some.</remarks>
    public string Url { get; init; } = "nats://localhost:4222";

    /// <summary>What the server calls this connection in its monitoring.</summary>
    public string Name { get; init; } = "NATS .NET Client";

    /// <summary>Whether messages that this connection publishes come back to its own subscriptions.</summary>
    public bool Echo { get; init; } = true;

    public NatsAuthOpts AuthOpts { get; init; } = NatsAuthOpts.Default;

    public NatsTlsOpts TlsOpts { get; init; } = NatsTlsOpts.Default;

    /// <summary>Bytes that may wait for the socket; whoever publishes more waits for room.</summary>
    public int WriterBufferSize { get; init; } = 1024 * 1024;

    public int ReaderBufferSize { get; init; } = 65536;

    public string InboxPrefix { get; init; } = "_INBOX";

    /// <summary>Whether the servers are tried in their order, instead of a random one first.</summary>
    public bool NoRandomize { get; init; }

    /// <summary>Whether only the servers of <see cref="Url"/> are tried, and not those that they tell of as others of their cluster.</summary>
    public bool IgnoreDiscoveredServers { get; init; }

    /// <summary>How often the server is asked whether it is alive.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Pings that may be unanswered when the next is due; one more, and the connection counts as dead.</summary>
    public int MaxPingOut { get; init; } = 2;

    /// <summary>The wait before the second attempt to reconnect (the first is immediate, but for the jitter); it doubles from there on.</summary>
    public TimeSpan ReconnectWaitMin { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeSpan ReconnectWaitMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest random time on top of each wait, so that clients do not come back all at once.</summary>
    public TimeSpan ReconnectJitter { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Attempts in a row after which the connection is given up; -1 is never.</summary>
    public int MaxReconnectRetry { get; init; } = -1;

    /// <summary>Whether the first attempt may fail too and is then repeated.</summary>
    public bool RetryOnInitialConnect { get; init; }

    /// <summary>How long one attempt may take, from the socket to the answer to our greeting.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long an answer to a request may take.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a command waits for a connection, or for room in the buffer.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Messages that may wait in a subscription; what comes on top is dropped and told by <see cref="NatsConnection.MessageDropped"/>.</summary>
    public int SubPendingChannelCapacity { get; init; } = 1024;

    /// <summary>Bytes that may wait in a subscription, likewise.</summary>
    public long SubPendingBytes { get; init; } = 16 * 1024 * 1024;
}

/// <summary>Who we are: a user with a password, or a token.</summary>
public sealed record NatsAuthOpts
{
    public static readonly NatsAuthOpts Default = new();

    public string? Username { get; init; }
    public string? Password { get; init; }
    public string? Token { get; init; }

    internal bool IsAnonymous => string.IsNullOrEmpty(Username) && string.IsNullOrEmpty(Password) && string.IsNullOrEmpty(Token);
}

/// <summary>When a connection is encrypted.</summary>
public enum TlsMode
{
    /// <summary>Insisted on for <c>tls://</c>; otherwise used where the server offers it.</summary>
    Auto,

    /// <summary>Used where the server offers it.</summary>
    Prefer,

    /// <summary>Insisted on.</summary>
    Require,

    /// <summary>Insisted on, and begun before the server's greeting.</summary>
    Implicit,

    /// <summary>Never used.</summary>
    Disable,
}

/// <summary>How the server proves itself to us and, if it asks, we to it.</summary>
/// <remarks>A certificate is always checked, its name included.</remarks>
public sealed record NatsTlsOpts
{
    public static readonly NatsTlsOpts Default = new();

    public TlsMode Mode { get; init; }

    /// <summary>PEM file of the authorities to trust; null trusts those of the machine.</summary>
    public string? CaFile { get; init; }

    /// <summary>PEM file of our own certificate.</summary>
    public string? CertFile { get; init; }

    /// <summary>PEM file of its key.</summary>
    public string? KeyFile { get; init; }
}

/// <summary>What differs for one subscription, or for the answer to one request.</summary>
public sealed record NatsSubOpts
{
    public NatsSubChannelOpts? ChannelOpts { get; init; }

    /// <summary>How long the answer to a request may take; null takes <see cref="NatsOpts.RequestTimeout"/>.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>Where the messages of a subscription wait.</summary>
public sealed record NatsSubChannelOpts
{
    /// <summary>How many may wait; null takes <see cref="NatsOpts.SubPendingChannelCapacity"/>.</summary>
    public int? Capacity { get; init; }
}
