using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Portico.DevStack;

/// <summary>A PostgreSQL server whose superuser is <c>postgres</c>; every role signs in with a password.</summary>
/// <remarks>
/// PostgreSQL refuses to run as root. If this process runs as root, PostgreSQL runs as the owner of its data, which for new data is
/// <c>postgres</c>, or <c>nobody</c> if that user is missing. If that user can't reach the data folder, the data is in /var/tmp.
/// Temporary data survives a crash of the server but not of the machine, because it is written but not flushed.
/// </remarks>
public sealed class PostgresServer : LocalServer
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Traversable = Private | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly List<string> _notes = [];
    private string _home;
    private string _binaries = "";
    private string _password = "";
    private Account? _account;

    internal PostgresServer(string folder, LocalStackOptions options)
        : base("postgres", folder, options.PostgresPort, options) => _home = Path.Combine(folder, "home");

    /// <inheritdoc/>
    public override string ConnectionString => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = Port,
        Database = "postgres",
        Username = "postgres",
        Password = _password,
    }.ConnectionString;

    /// <summary>Gets the folder of the database files.</summary>
    public string DataFolder => Path.Combine(_home, "data");

    internal IReadOnlyList<string> Notes => _notes;

    /// <summary>The data folder for the case that the user of PostgreSQL cannot reach the folder of the stack.</summary>
    internal static string FallbackFolder(string stackFolder) =>
        $"/var/tmp/portico-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(stackFolder)))[..12]}";

    private protected override Account? Account => _account;

    // Fast shutdown: ends all sessions, loses no data.
    private protected override Signal StopSignal => Signal.Interrupt;

    // Immediate shutdown: flushes nothing.
    private protected override Signal AbandonSignal => Signal.Quit;

    private protected override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await SettleAsync(cancellationToken);

        var version = Path.Combine(DataFolder, "PG_VERSION");
        var isNew = !File.Exists(version);
        _binaries = Programs.PostgresFolder(
            isNew ? null : (int)Posix.Number((await File.ReadAllTextAsync(version, cancellationToken)).Trim()));

        var passwordFile = Path.Combine(_home, "password");
        if (isNew)
        {
            _password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
            await PrivateFile.WriteAsync(passwordFile, _password, cancellationToken);
            if (_account is not null)
                Posix.GiveTo(passwordFile, _account);
            await InitialiseAsync(passwordFile, cancellationToken);
        }
        else
        {
            _password = File.Exists(passwordFile)
                ? (await File.ReadAllTextAsync(passwordFile, cancellationToken)).Trim()
                : throw new LocalStackException($"{passwordFile} is missing: restore it, or delete {_home} to start with new data.");
        }
    }

    private protected override (string Program, IReadOnlyList<string> Arguments) Command()
    {
        // A killed server leaves this file behind, and its process id may now belong to another program. No process of an earlier server
        // still runs, because the stack has waited for them.
        File.Delete(Path.Combine(DataFolder, "postmaster.pid"));

        List<string> settings =
        [
            // The server takes the last value of each setting.
            .. Options.PostgresSettings,
            "listen_addresses=127.0.0.1",
            $"port={Port}",
            "unix_socket_directories=",
            "max_connections=200",
            "timezone=UTC",
            "log_timezone=UTC",
            // Statements are short: compiling one takes longer than it saves.
            "jit=off",
        ];
        if (!Options.Durable)
        {
            // Commits are still written before they are acknowledged: synchronous_commit stays on.
            settings.AddRange(["fsync=off", "full_page_writes=off"]);
        }

        if (Options.DataFolder is null)
        {
            // Files of the data folder instead of /dev/shm, where a killed server would leave its segments.
            settings.Add("dynamic_shared_memory_type=mmap");
        }

        return (Path.Combine(_binaries, "postgres"), ["-D", DataFolder, .. settings.SelectMany(setting => (string[])["-c", setting])]);
    }

    private protected override Task AskAsync(int processId, CancellationToken cancellationToken) =>
        AskAsync(ConnectionString, cancellationToken);

    /// <summary>Checks that a connection leads to this server.</summary>
    internal async Task AskAsync(string connectionString, CancellationToken cancellationToken)
    {
        var options =
            new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, GssEncryptionMode = GssEncryptionMode.Disable };
        await using var connection = new NpgsqlConnection(options.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand("SELECT current_setting('data_directory')", connection);
        if (!string.Equals((string?)await command.ExecuteScalarAsync(cancellationToken), DataFolder, StringComparison.Ordinal))
            throw new LocalStackException("another PostgreSQL has this port");
    }

    /// <summary>Chooses the data folder and, for root, the user of PostgreSQL.</summary>
    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Directory.CreateDirectory(_home, Private);
            return;
        }

        if (await MoveInAsync(cancellationToken))
            return;

        var unreachable = _home;
        var fallback = FallbackFolder(Path.GetDirectoryName(Folder)!);
        Directory.CreateDirectory(fallback, Traversable);
        if ((await Posix.OwnerAsync(fallback, cancellationToken)).UserId != 0)
            throw new LocalStackException($"{fallback} belongs to another user: delete it.");

        _home = Path.Combine(fallback, "postgres");
        if (!await MoveInAsync(cancellationToken))
            throw new LocalStackException($"PostgreSQL runs as user {_account!.UserId}, who can reach neither {unreachable} nor {_home}.");
        _notes.Add($"PostgreSQL does not run as root, and its user cannot reach {unreachable}: its data is in {_home}.");
    }

    /// <summary>Whether the user of PostgreSQL can use the folder.</summary>
    private async Task<bool> MoveInAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_home, Private);
        _account = await Posix.OwnerAsync(_home, cancellationToken);
        if (_account.UserId == 0)
        {
            _account = Posix.Account("postgres") ?? Posix.Account("nobody")
                ?? throw new LocalStackException(
                    "PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody.");
            Posix.GiveTo(_home, _account);
        }

        return await GuardedProcess.RunAsync(Guarded("/bin/sh", ["-c", "cd \"$1\" && test -w .", "sh", _home]), cancellationToken) == 0;
    }

    private async Task InitialiseAsync(string passwordFile, CancellationToken cancellationToken)
    {
        // Renamed when it is complete, so that an interrupted initdb leaves nothing that looks like a database.
        var unfinished = Path.Combine(_home, "unfinished");
        if (Directory.Exists(unfinished))
            Directory.Delete(unfinished, recursive: true);

        List<string> arguments =
            ["-D", unfinished, "-U", "postgres", "--auth=scram-sha-256", $"--pwfile={passwordFile}", "--encoding=UTF8", "--locale=C.UTF-8"];
        if (!Options.Durable)
            arguments.Add("--no-sync");
        var exitCode = await GuardedProcess.RunAsync(Guarded(Path.Combine(_binaries, "initdb"), arguments), cancellationToken);
        if (exitCode != 0)
            throw new LocalStackException($"initdb ended with {exitCode}.{LogTail.Of(LogFile)}");
        Directory.Move(unfinished, DataFolder);
    }
}
