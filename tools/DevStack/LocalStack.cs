using System.Diagnostics;

namespace Portico.DevStack;

/// <summary>Real PostgreSQL, Redis and NATS servers on loopback ports, as child processes.</summary>
/// <remarks>
/// They never outlive this process, however it ends. Without a data folder the data is deleted with the stack.
/// Only one stack at a time can use a data folder.
/// </remarks>
public sealed class LocalStack : IAsyncDisposable
{
    internal const string ServersLock = "servers.lock";
    private const string OwnerLock = "owner.lock";

    /// <summary>Deletes temporary data after its owner and the last server have ended.</summary>
    private const string FolderCleanup =
        """
        exec >/dev/null 2>&1
        while read -r line; do :; done
        flock -w 60 "$1/$2" true
        rm -rf -- "$1" "$3"
        """;

    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(30);

    private readonly LocalStackOptions _options;
    private readonly PostgresServer? _postgres;
    private readonly RedisServer? _redis;
    private readonly NatsServer? _nats;
    private FileStream? _owner;
    private Process? _cleanup;

    private LocalStack(string folder, LocalStackOptions options)
    {
        Folder = folder;
        _options = options;
        if (options.Servers.HasFlag(LocalServers.Postgres))
            _postgres = new PostgresServer(Path.Combine(folder, "postgres"), options);
        if (options.Servers.HasFlag(LocalServers.Redis))
            _redis = new RedisServer(Path.Combine(folder, "redis"), options);
        if (options.Servers.HasFlag(LocalServers.Nats))
            _nats = new NatsServer(Path.Combine(folder, "nats"), options);
    }

    /// <summary>Gets the folder of data, logs and locks.</summary>
    public string Folder { get; }

    public PostgresServer Postgres => _postgres ?? throw new LocalStackException("This stack has no PostgreSQL.");

    public RedisServer Redis => _redis ?? throw new LocalStackException("This stack has no Redis.");

    public NatsServer Nats => _nats ?? throw new LocalStackException("This stack has no NATS.");

    /// <summary>Gets the servers of the stack.</summary>
    public IReadOnlyList<LocalServer> Servers => [.. ((LocalServer?[])[_postgres, _redis, _nats]).OfType<LocalServer>()];

    /// <summary>Gets notes about this machine for the user.</summary>
    public IReadOnlyList<string> Notes => _postgres?.Notes ?? [];

    /// <summary>Starts the servers and waits until each of them answers.</summary>
    /// <exception cref="LocalStackException">A server is missing, ended or did not answer; all others are stopped.</exception>
    public static async Task<LocalStack> StartAsync(LocalStackOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Servers == LocalServers.None)
            throw new LocalStackException("A stack needs at least one server.");

        var stack = new LocalStack(
            options.DataFolder is { } folder ? Path.GetFullPath(folder) : Directory.CreateTempSubdirectory("portico-").FullName,
            options);
        try
        {
            await stack.StartServersAsync(cancellationToken);
            return stack;
        }
        catch
        {
            await stack.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops every server, and deletes temporary data.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Servers.Select(server => server.EndAsync()));
        if (_cleanup is not null)
        {
            _cleanup.StandardInput.Close();
            await _cleanup.WaitForExitAsync();
            _cleanup.Dispose();
        }

        if (_owner is not null)
            await _owner.DisposeAsync();
    }

    private async Task StartServersAsync(CancellationToken cancellationToken)
    {
        if (_options.DataFolder is null)
        {
            if (Environment.IsPrivilegedProcess)
            {
                // PostgreSQL runs as another user, who needs access to its subfolder.
                File.SetUnixFileMode(
                    Folder,
                    UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                    | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
            }

            _cleanup = Process.Start(new ProcessStartInfo(
                Programs.Need("setsid", "util-linux"),
                ["sh", "-c", FolderCleanup, "portico-cleanup", Folder, ServersLock, PostgresServer.FallbackFolder(Folder)])
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                WorkingDirectory = "/",
            });
        }
        else
        {
            Directory.CreateDirectory(Folder);
            _owner = TryLock(OwnerLock) ?? throw new LocalStackException($"Another local stack uses {Folder}.");
            await WaitForEarlierServersAsync(cancellationToken);
        }

        await Task.WhenAll(Servers.Select(server => server.StartAsync(cancellationToken)));
    }

    /// <summary>Waits for servers of a killed stack, which need a moment to end.</summary>
    private async Task WaitForEarlierServersAsync(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            await using var free = TryLock(ServersLock);
            if (free is not null)
                return;
            if (clock.Elapsed > LockTimeout)
                throw new LocalStackException($"Servers of an earlier local stack in {Folder} do not end; ./dev down stops them.");
            await Task.Delay(50, cancellationToken);
        }
    }

    // The guards of the servers lock the file of the servers too.
    private FileStream? TryLock(string name) => FileLock.TryTake(Path.Combine(Folder, name));
}
