using System.Net;
using Portico.DevStack;

namespace Portico.Testing;

/// <summary>One of the servers as a process of its own, which can be killed, stopped for a while and started again.</summary>
public abstract class ServerProcess : IAsyncDisposable
{
    private const string PortInUse = "address already in use";

    private readonly GuardedCommand _command;
    private readonly HttpClient _client;
    private readonly Uri _health;
    private GuardedProcess? _process;

    /// <summary>Describes a process that is not started yet.</summary>
    /// <param name="program">The assembly: beside the tests, or of another version by its whole path.</param>
    /// <param name="settings">What it is started with.</param>
    /// <param name="folder">The folder of its log.</param>
    /// <param name="client">Asks the address that tells whether it serves; disposed with the process.</param>
    /// <param name="health">The path that answers 200 as soon as it serves.</param>
    private protected ServerProcess(
        string program, IReadOnlyDictionary<string, string?> settings, string folder, HttpClient client, string health)
    {
        var assembly = Path.Combine(AppContext.BaseDirectory, program);
        _command = new GuardedCommand(
            Environment.ProcessPath!,
            [
                assembly,
                .. settings.Where(s => s.Value is not null).Select(s => $"--{s.Key}={s.Value}")
            ])
        {
            Environment = RuntimeVariables.OfServer,
            WorkingDirectory = Path.GetDirectoryName(assembly)!,
            LogFile = Path.Combine(folder, $"process-{Guid.NewGuid():N}.log"),
        };
        (_client, _health) = (client, new Uri(health, UriKind.Relative));
    }

    public bool IsRunning => _process is { Exited.IsCompleted: false };

    /// <summary>Starts it, and waits until it serves.</summary>
    public async Task StartAsync()
    {
        _process = await GuardedProcess.StartAsync(_command, CancellationToken.None);
        await Eventually.Holds(
            async () =>
            {
                try
                {
                    using var answer = await _client.GetAsync(_health);
                    return answer.StatusCode == HttpStatusCode.OK;
                }
                catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
                {
                    if (!_process.Exited.IsCompleted)
                        return false;
                    var log = LogTail.Of(_command.LogFile!);
                    if (!log.Contains(PortInUse, StringComparison.Ordinal))
                        throw new InvalidOperationException($"The server ended.{log}", failure);
                    // While it was down, another program got its port for a moment.
                    await _process.DisposeAsync();
                    _process = await GuardedProcess.StartAsync(_command, CancellationToken.None);
                    return false;
                }
            },
            "the server serves",
            TimeSpan.FromSeconds(60));
    }

    /// <summary>Ends it at once, as <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        Posix.Send(_process!.ProcessId, Signal.Kill);
        await _process.Exited;
        await _process.DisposeAsync();
    }

    /// <summary>Asks it to end, as SIGTERM does, and waits until it has ended.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        Posix.Send(_process!.ProcessId, Signal.Terminate);
        var exitCode = await _process.Exited;
        await _process.DisposeAsync();
        return exitCode;
    }

    /// <summary>Lets it hang, as SIGSTOP does.</summary>
    public void Freeze() => Posix.Stop(_process!.ProcessId);

    /// <summary>Lets it go on after <see cref="Freeze"/>.</summary>
    public void Thaw() => Posix.Send(_process!.ProcessId, Signal.Continue);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (_process is not null)
            await _process.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
