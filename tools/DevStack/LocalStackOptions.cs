namespace Portico.DevStack;

/// <summary>The servers that a local stack can have.</summary>
[Flags]
public enum LocalServers
{
    None = 0,
    Postgres = 1,
    Redis = 2,
    Nats = 4,
    All = Postgres | Redis | Nats,
}

/// <summary>The options of a local stack.</summary>
public sealed record LocalStackOptions
{
    /// <summary>Gets the folder for the data; null is a temporary folder that is deleted with the stack.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Gets the port that PostgreSQL uses if it is free; null is any port.</summary>
    public int? PostgresPort { get; init; }

    /// <summary>Gets the port that Redis uses if it is free; null is any port.</summary>
    public int? RedisPort { get; init; }

    /// <summary>Gets the port that NATS uses if it is free; null is any port.</summary>
    public int? NatsPort { get; init; }

    /// <summary>Gets settings of PostgreSQL, each as <c>name=value</c>; the stack's own values win.</summary>
    public IReadOnlyList<string> PostgresSettings { get; init; } = [];

    /// <summary>Gets more arguments for Redis.</summary>
    public IReadOnlyList<string> RedisArguments { get; init; } = [];

    /// <summary>Gets a value indicating whether committed data survives a crash of the machine, not only of the servers.</summary>
    public bool Durable { get; init; }

    /// <summary>Gets the servers to start.</summary>
    public LocalServers Servers { get; init; } = LocalServers.All;

    /// <summary>Gets how long a server may take until it answers.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(60);
}
