using Npgsql;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Postgres;

/// <summary>Settings of the connection to PostgreSQL, with the restricted role of the application.</summary>
public sealed class DatabaseSettings : ISettings
{
    private const string Key = "ConnectionStrings:Portico";
    private const string DirectKey = "ConnectionStrings:PorticoDirect";

    // Half of what a statement of a request costs in PostgreSQL is planning it. The driver prepares what a connection repeats, and forgets
    // what it used longest ago. A pooler may lose prepared statements, so they are only used without one (ADR 0049).
    private const int MaxAutoPrepare = 100;

    private const int LedgerWriteBufferSize = 256 * 1024;

    public static string Section => "ConnectionStrings";

    /// <summary>
    /// An Npgsql connection string. Default timeouts: connect 5 s, command 10 s; no encryption by GSS; <c>Max Auto Prepare=100</c> without
    /// <see cref="PorticoDirect"/>.
    /// </summary>
    public string Portico { get; init; } = "";

    /// <summary>
    /// An Npgsql connection string that leads to PostgreSQL itself, when <see cref="Portico"/> leads to a pooler in transaction mode.
    /// </summary>
    public string PorticoDirect { get; init; } = "";

    /// <summary>Whether a pooler in transaction mode is between the requests and PostgreSQL.</summary>
    internal bool IsPooled => PorticoDirect.Length > 0;

    public IEnumerable<string> Problems() => Portico.Length == 0
        ? [$"{Key} is missing: the Npgsql connection string of the application's role."]
        : [.. ProblemsOf(Key, Portico), .. PorticoDirect.Length == 0 ? [] : ProblemsOf(DirectKey, PorticoDirect), .. ProblemsOfPooler()];

    internal NpgsqlDataSource CreateDataSource() => Build(
        "portico", new NpgsqlConnectionStringBuilder(WithDefaults(IsPooled ? Portico : $"Max Auto Prepare={MaxAutoPrepare};{Portico}")));

    /// <summary>Creates a few connections past the pooler, for statements that stay prepared.</summary>
    internal NpgsqlDataSource CreateDirectDataSource() =>
        Build("portico-direct", new NpgsqlConnectionStringBuilder(WithDefaults(Direct)) { MinPoolSize = 0, MaxPoolSize = 2 });

    /// <summary>Creates a separate connection pool for the ledger writers, which requests can't use up.</summary>
    public NpgsqlDataSource CreateLedgerDataSource(int connections)
    {
        var builder = new NpgsqlConnectionStringBuilder(WithDefaults(Direct))
        {
            MinPoolSize = 0,
            MaxPoolSize = connections,
            Multiplexing = false,
            // A group of hundreds of transfers is sent at once. In pieces of 8 KB, the default, PostgreSQL sleeps and wakes for each.
            WriteBufferSize = LedgerWriteBufferSize,
        };
        // Statements are prepared once, perhaps while the tables are empty, so only plans that use an index stay good.
        // The ledger promises durability, independent of the default of the server.
        const string options = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_bitmapscan=off "
            + "-c enable_nestloop=off -c enable_mergejoin=off -c jit=off -c synchronous_commit=on";
        builder.Options = $"{builder.Options} {options}".TrimStart();
        return Build("portico-ledger", builder);
    }

    // A later value overrides an earlier one. The builder can't show which keywords were given, because it contains all keywords.
    // Images without Kerberos write an error to the log at the first connection when encryption by GSS is tried; TLS is the way here.
    private static string WithDefaults(string connection) =>
        $"Timeout=5;Command Timeout=10;GSS Encryption Mode=Disable;Application Name=portico;{connection}";

    private string Direct => IsPooled ? PorticoDirect : Portico;

    // Without a name the metrics of the pool have the connection string as their label.
    private static NpgsqlDataSource Build(string name, NpgsqlConnectionStringBuilder connection)
    {
        // Nothing is left to reset: locks and settings are local to their transactions (ADR 0046). A reset is seven statements in each use
        // of a connection, and behind a pooler it would reach the connection of another transaction.
        connection.NoResetOnClose = true;
        return new NpgsqlDataSourceBuilder(connection.ConnectionString) { Name = name }.Build();
    }

    private static IEnumerable<string> ProblemsOf(string key, string connection)
    {
        if (Parse(WithDefaults(connection)) is not { } builder)
            yield return $"{key} is not a valid Npgsql connection string.";
        else if (string.IsNullOrEmpty(builder.Host) || string.IsNullOrEmpty(builder.Database) || string.IsNullOrEmpty(builder.Username))
            yield return $"{key} must name Host, Database and Username.";
        else if (builder.MaxPoolSize < Math.Max(1, builder.MinPoolSize))
            yield return $"{key} must have a Maximum Pool Size of at least 1, and not below Minimum Pool Size.";
    }

    private IEnumerable<string> ProblemsOfPooler()
    {
        if (!IsPooled || Parse(Portico) is not { } pooled || Parse(PorticoDirect) is not { } direct)
            yield break;
        if (pooled.Database != direct.Database || pooled.Username != direct.Username)
            yield return $"{DirectKey} must name the same Database and Username as {Key}.";
        if (pooled.MaxAutoPrepare > 0)
            yield return $"{Key} must not have Max Auto Prepare while {DirectKey} is set: a pooler may lose prepared statements.";
    }

    private static NpgsqlConnectionStringBuilder? Parse(string connection)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connection);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
