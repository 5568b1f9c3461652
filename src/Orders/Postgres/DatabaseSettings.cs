using Npgsql;
using Portico.Infrastructure.Configuration;

namespace Portico.Orders.Postgres;

/// <summary>The connection to PostgreSQL.</summary>
internal sealed class DatabaseSettings : ISettings
{
    private const string Key = "ConnectionStrings:Orders";

    // A later value overrides an earlier one. A call that is cancelled waits at most the cancellation timeout for a server that hangs.
    // Nothing is left to reset: settings are local to their transactions. Behind a pooler, a reset would reach another transaction.
    // Images without Kerberos write an error to the log at the first connection when encryption by GSS is tried; TLS is the way here.
    private const string Defaults =
        "Timeout=5;Command Timeout=10;Cancellation Timeout=500;GSS Encryption Mode=Disable;Application Name=orders;Maximum Pool Size=20;"
        + "No Reset On Close=true";

    public static string Section => "ConnectionStrings";

    /// <summary>An Npgsql connection string with the role <c>orders_app</c>.</summary>
    public string Orders { get; init; } = "";

    private string WithDefaults => $"{Defaults};{Orders}";

    public IEnumerable<string> Problems()
    {
        if (Orders.Length == 0)
        {
            yield return $"{Key} is missing: the Npgsql connection string of the role orders_app.";
            yield break;
        }

        if (Parse() is not { } builder)
            yield return $"{Key} is not a valid Npgsql connection string.";
        else if (string.IsNullOrEmpty(builder.Host) || string.IsNullOrEmpty(builder.Database) || string.IsNullOrEmpty(builder.Username))
            yield return $"{Key} must name Host, Database and Username.";
        else if (builder.MaxPoolSize < Math.Max(1, builder.MinPoolSize))
            yield return $"{Key} must have a Maximum Pool Size of at least 1, and not below Minimum Pool Size.";
    }

    public NpgsqlDataSource CreateDataSource() => new NpgsqlDataSourceBuilder(WithDefaults) { Name = "orders" }.Build();

    private NpgsqlConnectionStringBuilder? Parse()
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(WithDefaults);
        }
        catch (ArgumentException)
        {
            // The message may contain a part of the password.
            return null;
        }
    }
}
