using Microsoft.Extensions.Configuration;
using Npgsql;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Migrator.Commands;

/// <summary>A database and a role, with the name of the setting that they come from.</summary>
internal sealed record DatabaseTarget(
    string Setting, string Host, int Port, string Database, string User, string Password, string ConnectionString)
{
    public string Server => $"{Host}:{Port}";

    /// <summary>The same server and role, in another database.</summary>
    public DatabaseTarget In(string database) => this with
    {
        Database = database,
        ConnectionString = new NpgsqlConnectionStringBuilder(ConnectionString) { Database = database }.ConnectionString,
    };
}

/// <summary>The three PostgreSQL connections of the Migrator to one database, and the environment.</summary>
internal sealed class MigratorSettings
{
    private const string BootstrapKey = "ConnectionStrings:Bootstrap";
    private static readonly string[] ServerDatabases = ["postgres", "template0", "template1"];

    private readonly SchemaTarget _target;
    private readonly DatabaseTarget? _bootstrap;
    private readonly DatabaseTarget? _migrator;
    private readonly TokenSettings _tokens;

    /// <exception cref="MigratorException">A value is wrong; the message names every such setting.</exception>
    public MigratorSettings(IConfiguration configuration, SchemaTarget target)
    {
        _target = target;
        var (roles, migratorKey, appKey) = (target.Roles, target.MigratorKey, target.AppKey);
        List<string> problems = [];
        _bootstrap = Read(configuration, BootstrapKey, problems, user: null, database: "postgres");
        _migrator = Read(configuration, migratorKey, problems, roles.Migrator, database: null);
        App = Read(configuration, appKey, problems, roles.App, database: null);
        _tokens = configuration.BindSettings<TokenSettings>();
        IsProduction = string.Equals(EnvironmentOf(configuration), "Production", StringComparison.OrdinalIgnoreCase);

        if (_migrator is not null && Array.IndexOf(ServerDatabases, _migrator.Database) >= 0)
            problems.Add($"{migratorKey} names the database {_migrator.Database}, which belongs to the server itself.");
        if (_migrator is not null && App is not null && App.Database != _migrator.Database)
            problems.Add($"{appKey} names the database {App.Database}, {migratorKey} the database {_migrator.Database}.");
        Refuse(problems, _migrator, [roles.Owner, roles.App, roles.Readonly, _bootstrap?.User, App?.User]);
        Refuse(problems, App, [roles.Owner, roles.Readonly, _bootstrap?.User]);

        if (problems.Count > 0)
            throw new MigratorException(string.Join(Environment.NewLine, problems));
    }

    public bool IsProduction { get; }

    /// <summary>The roles of the database.</summary>
    public DatabaseRoles Roles => _target.Roles;

    /// <summary>A superuser, or a role that may create databases and roles; null when the Migrator does not create them.</summary>
    public DatabaseTarget? OptionalBootstrap => _bootstrap;

    public DatabaseTarget Bootstrap => _bootstrap ?? throw Missing(BootstrapKey, "a role that may create databases and roles");

    public DatabaseTarget Migrator => _migrator ?? throw Missing(_target.MigratorKey, "the role that migrates");

    /// <summary>The role of the application; null when the Migrator does not create it.</summary>
    public DatabaseTarget? App { get; }

    /// <summary>Any role that may read the migration history.</summary>
    public DatabaseTarget Reader => _migrator ?? App ?? throw Missing(_target.MigratorKey, "the role that migrates");

    /// <summary>The role that changes signing keys: the role of the application if it is configured.</summary>
    public DatabaseTarget Keys => App ?? Migrator;

    /// <summary>The sealing keys, which encrypt and decrypt signing keys.</summary>
    public KeySealing Sealing => _tokens.SealingProblems().ToArray() is { Length: > 0 } problems
        ? throw new MigratorException(string.Join(Environment.NewLine, problems))
        : new KeySealing(_tokens);

    /// <summary>The name of the environment; production by default, also when a variable is set to nothing.</summary>
    public static string EnvironmentOf(IConfiguration configuration) =>
        NameOf(configuration["DOTNET_ENVIRONMENT"]) ?? NameOf(configuration["ASPNETCORE_ENVIRONMENT"]) ?? "Production";

    private static string? NameOf(string? environment) => environment?.Trim() is { Length: > 0 } name ? name : null;

    private static MigratorException Missing(string key, string meaning) =>
        new($"{key} is missing: the Npgsql connection string of {meaning}.");

    private static void Refuse(List<string> problems, DatabaseTarget? target, string?[] takenNames)
    {
        if (target is not null && Array.IndexOf(takenNames, target.User) >= 0)
            problems.Add($"{target.Setting} must name another role than {target.User}.");
    }

    private static DatabaseTarget? Read(IConfiguration configuration, string key, List<string> problems, string? user, string? database)
    {
        if (configuration[key] is not { Length: > 0 } text)
            return null;

        NpgsqlConnectionStringBuilder builder;
        try
        {
            // Images without Kerberos write an error when encryption by GSS is tried.
            builder = new NpgsqlConnectionStringBuilder($"GSS Encryption Mode=Disable;{text}");
        }
        catch (ArgumentException)
        {
            // The message of the parser may contain a part of a password.
            problems.Add($"{key} is not an Npgsql connection string.");
            return null;
        }

        builder.Username ??= user;
        builder.Database ??= database;
        builder.ApplicationName ??= "portico-migrator";
        builder.Pooling = false;
        if (string.IsNullOrEmpty(builder.Host) || string.IsNullOrEmpty(builder.Database) || string.IsNullOrEmpty(builder.Username))
        {
            problems.Add($"{key} must name Host{(database is null ? " and Database" : "")}{(user is null ? " and Username" : "")}.");
            return null;
        }

        return new DatabaseTarget(
            key, builder.Host, builder.Port, builder.Database, builder.Username, builder.Password ?? "", builder.ConnectionString);
    }
}
