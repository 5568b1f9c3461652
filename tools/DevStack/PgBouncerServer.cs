using Npgsql;

namespace Portico.DevStack;

/// <summary>PgBouncer in transaction mode in front of the PostgreSQL of a stack.</summary>
/// <remarks>PgBouncer refuses to run as root. If this process runs as root, it runs as the user of PostgreSQL.</remarks>
public sealed class PgBouncerServer : LocalServer, IAsyncDisposable
{
    /// <summary>The most connections to PostgreSQL for each role and database.</summary>
    public const int PoolSize = 10;

    private readonly PostgresServer _postgres;
    private readonly IReadOnlyList<string> _roles;
    private Account? _account;

    private PgBouncerServer(LocalStack stack, IReadOnlyList<string> roles)
        : base("pgbouncer", Path.Combine(stack.Folder, "pgbouncer"), preferredPort: null, new LocalStackOptions()) =>
        (_postgres, _roles) = (stack.Postgres, roles);

    /// <summary>The superuser of PostgreSQL, through PgBouncer.</summary>
    public override string ConnectionString => Through(_postgres.ConnectionString);

    private protected override Account? Account => _account;

    private string UsersFile => Path.Combine(Folder, "users.txt");

    private string SettingsFile => Path.Combine(Folder, "pgbouncer.ini");

    /// <summary>Starts PgBouncer.</summary>
    /// <param name="stack">The stack with PostgreSQL.</param>
    /// <param name="roles">Roles besides the superuser whose password is their name.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    public static async Task<PgBouncerServer> StartAsync(
        LocalStack stack, IReadOnlyList<string> roles, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stack);
        var server = new PgBouncerServer(stack, roles);
        await server.StartAsync(cancellationToken);
        return server;
    }

    /// <summary>The same connection string, through PgBouncer.</summary>
    public string Through(string connection) =>
        new NpgsqlConnectionStringBuilder(connection) { Host = "127.0.0.1", Port = Port }.ConnectionString;

    public async ValueTask DisposeAsync() => await EndAsync();

    private protected override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        var owner = await Posix.OwnerAsync(_postgres.DataFolder, cancellationToken);
        _account = Environment.IsPrivilegedProcess ? owner : null;
        var superuser = new NpgsqlConnectionStringBuilder(_postgres.ConnectionString);
        (string? Name, string? Password)[] users = [(superuser.Username, superuser.Password), .. _roles.Select(role => (role, role))];
        await PrivateFile.WriteAsync(
            UsersFile, string.Concat(users.Select(user => $"\"{user.Name}\" \"{user.Password}\"\n")), cancellationToken);
        if (_account is not null)
            Posix.GiveTo(UsersFile, _account);
    }

    private protected override (string Program, IReadOnlyList<string> Arguments) Command()
    {
        // The port is known only now.
        File.WriteAllText(
            SettingsFile,
            $"""
            [databases]
            * = host=127.0.0.1 port={_postgres.Port}

            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {Port}
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = {UsersFile}
            pool_mode = transaction
            max_client_conn = 1000
            default_pool_size = {PoolSize}
            server_login_retry = 1
            query_wait_timeout = 5

            """);
        return (Programs.Need("pgbouncer", "pgbouncer"), [SettingsFile]);
    }

    private protected override Task AskAsync(int processId, CancellationToken cancellationToken) =>
        _postgres.AskAsync(ConnectionString, cancellationToken);
}
