using System.Net;
using Portico.DevStack;

namespace Portico.Testing;

/// <summary>The web API as a process of its own, a replica of an application in this one, which can be killed and started again.</summary>
public sealed class PorticoProcess : IAsyncDisposable
{
    private readonly GuardedCommand _command;
    private GuardedProcess? _process;

    private PorticoProcess(GuardedCommand command, Uri api) =>
        (_command, Client) = (command, new HttpClient { BaseAddress = api, Timeout = TimeSpan.FromSeconds(20) });

    public HttpClient Client { get; }

    public static async Task<PorticoProcess> StartAsync(PorticoApp replicaOf, IReadOnlyDictionary<string, string?> settings)
    {
        var all = new Dictionary<string, string?>(replicaOf.Settings, StringComparer.OrdinalIgnoreCase);
        all["urls"] = $"http://127.0.0.1:{Ports.Free()}";
        foreach (var (key, value) in settings)
            all[key] = value;
        var process = new PorticoProcess(
            new GuardedCommand(
                Environment.ProcessPath!,
                [
                    Path.Combine(AppContext.BaseDirectory, "Portico.WebApi.dll"),
                    .. all.Where(s => s.Value is not null).Select(s => $"--{s.Key}={s.Value}")
                ])
            {
                Environment = RuntimeVariables.OfServer,
                WorkingDirectory = AppContext.BaseDirectory,
                LogFile = Path.Combine(Path.GetDirectoryName(replicaOf.Mailbox)!, $"process-{Guid.NewGuid():N}.log"),
            },
            new Uri(all["urls"]!));
        await process.StartAsync();
        return process;
    }

    /// <summary>Starts it, and waits until it serves.</summary>
    public async Task StartAsync()
    {
        _process = await GuardedProcess.StartAsync(_command, CancellationToken.None);
        await Eventually.Holds(
            async () =>
            {
                try
                {
                    using var answer = await Client.GetAsync(new Uri("/health/live", UriKind.Relative));
                    return answer.StatusCode == HttpStatusCode.OK;
                }
                catch (HttpRequestException failure)
                {
                    return _process.Exited.IsCompleted
                        ? throw new InvalidOperationException($"The web API ended.{LogTail.Of(_command.LogFile!)}", failure)
                        : false;
                }
            },
            "the web API serves",
            TimeSpan.FromSeconds(60));
    }

    /// <summary>Ends it at once, as <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        Posix.Send(_process!.ProcessId, Signal.Kill);
        await _process.Exited;
        await _process.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_process is not null)
            await _process.DisposeAsync();
    }
}
