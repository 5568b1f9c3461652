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

/// <summary>What a local stack is to be.</summary>
public sealed record LocalStackOptions
{
    /// <summary>Gets the folder that keeps the data; null is a temporary one that goes with the stack.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Gets the port that PostgreSQL takes if it is free; null takes any.</summary>
    public int? PostgresPort { get; init; }

    /// <summary>Gets the port that Redis takes if it is free; null takes any.</summary>
    public int? RedisPort { get; init; }

    /// <summary>Gets the port that NATS takes if it is free; null takes any.</summary>
    public int? NatsPort { get; init; }

    /// <summary>Gets a value indicating whether committed data survives the end of the machine, and not only of the servers.</summary>
    public bool Durable { get; init; }

    /// <summary>Gets the servers to start.</summary>
    public LocalServers Servers { get; init; } = LocalServers.All;

    /// <summary>Gets how long a server may take until it answers.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(60);
}
