using Npgsql;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Postgres;

/// <summary>How the application reaches PostgreSQL, as the role that may do no more than it needs.</summary>
public sealed class DatabaseSettings : ISettings
{
    private const string Key = "ConnectionStrings:Portico";

    public static string Section => "ConnectionStrings";

    /// <summary>
    /// An Npgsql connection string. What it leaves open is set so that nothing waits for ever: connect 5 s, command 10 s.
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
            yield return $"{Key} is no Npgsql connection string.";
        else if (string.IsNullOrEmpty(builder.Host) || string.IsNullOrEmpty(builder.Database) || string.IsNullOrEmpty(builder.Username))
            yield return $"{Key} must name Host, Database and Username.";
    }

    internal NpgsqlDataSource CreateDataSource() => Build("portico", new NpgsqlConnectionStringBuilder(WithDefaults));

    /// <summary>Connections of their own for the ledger's writers, which no request can take away from them.</summary>
    public NpgsqlDataSource CreateLedgerDataSource(int connections)
    {
        var builder = new NpgsqlConnectionStringBuilder(WithDefaults) { MinPoolSize = 0, MaxPoolSize = connections, Multiplexing = false };
        // Statements are prepared once, so their plans are made once, perhaps on empty tables: only those by index stay good for ever.
        // The promise of the ledger is durability, whatever the server's default is.
        builder.Options =
            $"{builder.Options} -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_bitmapscan=off -c enable_nestloop=off -c enable_mergejoin=off -c jit=off -c synchronous_commit=on".TrimStart();
        return Build("portico-ledger", builder);
    }

    // What stands later wins. The builder can't be asked what was left open: it contains every keyword that it knows.
    private string WithDefaults => $"Timeout=5;Command Timeout=10;Application Name=portico;{Portico}";

    // Without a name the pool's metrics carry the connection string as their label.
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
