using Npgsql;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Postgres;

/// <summary>Settings of the connection to PostgreSQL, with the restricted role of the application.</summary>
public sealed class DatabaseSettings : ISettings
{
    private const string Key = "ConnectionStrings:Portico";

    public static string Section => "ConnectionStrings";

    /// <summary>
    /// An Npgsql connection string. Default timeouts: connect 5 s, command 10 s; no encryption by GSS.
    /// </summary>
    public string Portico { get; init; } = "";

    public IEnumerable<string> Problems()
    {
        if (Portico.Length == 0)
        {
            yield return $"{Key} is missing: the Npgsql connection string of the application's role.";
            yield break;
        }

        if (Parse() is not { } builder)
            yield return $"{Key} is not a valid Npgsql connection string.";
        else if (string.IsNullOrEmpty(builder.Host) || string.IsNullOrEmpty(builder.Database) || string.IsNullOrEmpty(builder.Username))
            yield return $"{Key} must name Host, Database and Username.";
    }

    internal NpgsqlDataSource CreateDataSource() => Build("portico", new NpgsqlConnectionStringBuilder(WithDefaults));

    /// <summary>Creates a separate connection pool for the ledger writers, which requests can't use up.</summary>
    public NpgsqlDataSource CreateLedgerDataSource(int connections)
    {
        var builder = new NpgsqlConnectionStringBuilder(WithDefaults) { MinPoolSize = 0, MaxPoolSize = connections, Multiplexing = false };
        // Statements are prepared once, perhaps while the tables are empty, so only plans that use an index stay good.
        // The ledger promises durability, independent of the default of the server.
        const string options = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_bitmapscan=off "
            + "-c enable_nestloop=off -c enable_mergejoin=off -c jit=off -c synchronous_commit=on";
        builder.Options = $"{builder.Options} {options}".TrimStart();
        return Build("portico-ledger", builder);
    }

    // A later value overrides an earlier one. The builder can't show which keywords were given, because it contains all keywords.
    // Images without Kerberos write an error to the log at the first connection when encryption by GSS is tried; TLS is the way here.
    private string WithDefaults => $"Timeout=5;Command Timeout=10;GSS Encryption Mode=Disable;Application Name=portico;{Portico}";

    // Without a name the metrics of the pool have the connection string as their label.
    private static NpgsqlDataSource Build(string name, NpgsqlConnectionStringBuilder connection) =>
        new NpgsqlDataSourceBuilder(connection.ConnectionString) { Name = name }.Build();

    private NpgsqlConnectionStringBuilder? Parse()
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(Portico);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
