using System.Data.Common;
using System.Diagnostics;
using System.Net.Sockets;

namespace Portico.DevStack;

/// <summary>A real server on its own loopback port, which can be killed, paused and restarted.</summary>
/// <remarks>Not thread-safe: only one caller at a time may change the state.</remarks>
public abstract class LocalServer
{
    private const int PortAttempts = 10;
    private static readonly TimeSpan TryTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TryInterval = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan DeathTimeout = TimeSpan.FromSeconds(15);

    private readonly int? _preferredPort;
    private GuardedProcess? _process;
    private long _logStart;

    private protected LocalServer(string name, string folder, int? preferredPort, LocalStackOptions options)
    {
        Name = name;
        Folder = folder;
        Options = options;
        LogFile = Path.Combine(folder, $"{name}.log");
        _preferredPort = preferredPort;
    }

    /// <summary>Gets the name: <c>postgres</c>, <c>redis</c> or <c>nats</c>.</summary>
    public string Name { get; }

    /// <summary>Gets the port on 127.0.0.1, which never changes.</summary>
    public int Port { get; private set; }

    public abstract string ConnectionString { get; }

    /// <summary>Gets the file with the output of the server.</summary>
    public string LogFile { get; }

    public bool IsRunning => _process is { Exited.IsCompleted: false };

    /// <summary>Gets the id of the main process.</summary>
    /// <exception cref="LocalStackException">The server does not run.</exception>
    public int ProcessId => Running.ProcessId;

    private protected string Folder { get; }

    private protected LocalStackOptions Options { get; }

    private protected virtual Account? Account => null;

    private protected virtual Signal StopSignal => Signal.Terminate;

    /// <summary>Gets the signal that stops the server when its data is deleted.</summary>
    private protected virtual Signal AbandonSignal => StopSignal;

    private GuardedProcess Running => _process is { Exited.IsCompleted: false } process
        ? process
        : throw new LocalStackException($"{Name} does not run.");

    /// <summary>Kills all processes of the server (kill -9); acknowledged writes are kept.</summary>
    public async Task KillAsync()
    {
        var process = Running;
        var family = Freeze(process.ProcessId);
        foreach (var member in family)
            Posix.Send(member, Signal.Kill);

        await process.Exited.WaitAsync(DeathTimeout);
        await GoneAsync(family);
        await process.DisposeAsync();
    }

    /// <summary>Pauses the server (SIGSTOP): connections stay open and get no answer.</summary>
    public void Pause() => Freeze(ProcessId);

    /// <summary>Continues the server after <see cref="Pause"/>.</summary>
    public void Resume()
    {
        var main = ProcessId;
        foreach (var child in Posix.Descendants(main))
            Posix.Send(child, Signal.Continue);
        Posix.Send(main, Signal.Continue);
    }

    /// <summary>Stops the server gracefully; <see cref="RestartAsync"/> starts it again.</summary>
    public async Task StopAsync()
    {
        if (_process is not { Exited.IsCompleted: false } process)
            return;

        Resume();
        Posix.Send(process.ProcessId, StopSignal);
        try
        {
            await process.Exited.WaitAsync(DeathTimeout);
        }
        catch (TimeoutException)
        {
            await KillAsync();
        }

        await process.DisposeAsync();
    }

    /// <summary>Restarts a running, stopped or killed server on the same port with the same data.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken = default)
    {
        await StopAsync();
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await LaunchAsync(cancellationToken);
                return;
            }
            catch (PortTakenException) when (clock.Elapsed < Options.Deadline)
            {
                // Another process uses the port for a moment; the server needs this port.
                await Task.Delay(TryInterval, cancellationToken);
            }
        }
    }

    /// <summary>Waits until the server answers a request of its protocol.</summary>
    /// <exception cref="LocalStackException">The server ended or did not answer in time; the message has the end of the log.</exception>
    public async Task WaitUntilReadyAsync(CancellationToken cancellationToken = default)
    {
        var process = _process ?? throw new LocalStackException($"{Name} does not run.");
        var clock = Stopwatch.StartNew();
        while (true)
        {
            if (process.Exited.IsCompleted)
                throw Died(await process.Exited);

            var failure = await TryAsync(process.ProcessId, cancellationToken);
            if (failure is null)
                return;
            if (clock.Elapsed > Options.Deadline)
                throw new LocalStackException(
                    $"{Name} did not answer within {Options.Deadline.TotalSeconds:0} s ({failure}).{LogTail.Of(LogFile, _logStart)}");

            await Task.WhenAny(process.Exited, Task.Delay(TryInterval, cancellationToken));
        }
    }

    /// <summary>Completes with the exit code when the server ends, for any reason.</summary>
    public Task<int> WaitForExitAsync(CancellationToken cancellationToken = default) => Running.Exited.WaitAsync(cancellationToken);

    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Folder);
        File.Delete(LogFile);
        await PrepareAsync(cancellationToken);
        for (var attempt = 1; ; attempt++)
        {
            Port = attempt == 1 ? Ports.Choose(_preferredPort) : Ports.Free();
            try
            {
                await LaunchAsync(cancellationToken);
                return;
            }
            catch (PortTakenException e)
            {
                if (attempt == PortAttempts)
                    throw new LocalStackException(e.Message, e);
            }
        }
    }

    /// <summary>Stops the server: gracefully when its data stays, at once when the data is deleted.</summary>
    internal async Task EndAsync()
    {
        if (_process is { } process)
            await process.DisposeAsync();
    }

    private protected virtual Task PrepareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private protected abstract (string Program, IReadOnlyList<string> Arguments) Command();

    /// <summary>Sends a request; throws when the answer is wrong or comes from another server on this port.</summary>
    private protected abstract Task AskAsync(int processId, CancellationToken cancellationToken);

    private protected GuardedCommand Guarded(string program, IReadOnlyList<string> arguments) => new(program, arguments)
    {
        LogFile = LogFile,
        LockFile = Path.Combine(Path.GetDirectoryName(Folder)!, LocalStack.ServersLock),
        Account = Account,
        EndSignal = Options.DataFolder is null ? AbandonSignal : StopSignal,
        // English messages, because the code searches for them.
        Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["LC_ALL"] = "C" },
    };

    /// <summary>Pauses a process and all its descendants (SIGSTOP).</summary>
    /// <returns>All these processes; while paused they start no other process.</returns>
    private static HashSet<int> Freeze(int main)
    {
        Posix.Stop(main);
        HashSet<int> family = [main];
        // A child that ends during the read can hide another one (proc_pid_children(5)), so repeat until there is no new child.
        int[] found;
        do
        {
            found = [.. Posix.Descendants(main).Where(family.Add)];
            foreach (var child in found)
                Posix.Stop(child);
        }
        while (found.Length > 0);

        return family;
    }

    private static async Task GoneAsync(IReadOnlySet<int> processes)
    {
        var clock = Stopwatch.StartNew();
        while (processes.Any(Posix.IsAlive))
        {
            if (clock.Elapsed > DeathTimeout)
                throw new LocalStackException($"Processes {string.Join(", ", processes)} still run after they were killed.");
            await Task.Delay(TryInterval);
        }
    }

    private async Task LaunchAsync(CancellationToken cancellationToken)
    {
        _logStart = File.Exists(LogFile) ? new FileInfo(LogFile).Length : 0;
        var (program, arguments) = Command();
        _process = await GuardedProcess.StartAsync(Guarded(program, arguments), cancellationToken);
        try
        {
            if (Options.DataFolder is { } kept)
                PidFile.Write(Path.Combine(kept, $"{Name}.pid"), _process.ProcessId);
            await WaitUntilReadyAsync(cancellationToken);
        }
        catch
        {
            await _process.DisposeAsync();
            throw;
        }
    }

    private async Task<string?> TryAsync(int processId, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(TryTimeout);
        try
        {
            await AskAsync(processId, timeout.Token);
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "no answer";
        }
        catch (Exception e) when (e is SocketException or DbException or LocalStackException or (IOException and not FileNotFoundException))
        {
            return e.Message;
        }
    }

    private Exception Died(int exitCode)
    {
        var tail = LogTail.Of(LogFile, _logStart);
        var message = $"{Name} ended with {exitCode} on port {Port}.{tail}";
        return tail.Contains("address already in use", StringComparison.OrdinalIgnoreCase)
            ? new PortTakenException(message)
            : new LocalStackException(message);
    }

    private sealed class PortTakenException(string message) : Exception(message);
}
