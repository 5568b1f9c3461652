using System.Net;
using Portico.DevStack;

namespace Portico.Testing;

/// <summary>The orders service as a process of its own, which can be killed, stopped for a while and started again.</summary>
public sealed class OrdersProcess : IAsyncDisposable
{
    private const string PortInUse = "address already in use";

    private readonly GuardedCommand _command;
    private readonly HttpClient _management;
    private GuardedProcess? _process;

    private OrdersProcess(GuardedCommand command, IReadOnlyDictionary<string, string?> settings)
    {
        (_command, Service, ConnectionString) = (command, new Uri(settings["Listen:Url"]!), settings["ConnectionStrings:Orders"]!);
        _management = new HttpClient { BaseAddress = new Uri(settings["Listen:ManagementUrl"]!), Timeout = TimeSpan.FromSeconds(5) };
    }

    /// <summary>The address of gRPC.</summary>
    public Uri Service { get; }

    /// <summary>The database, with the role of the service.</summary>
    public string ConnectionString { get; }

    /// <summary>Starts one with a database of its own.</summary>
    public static async Task<OrdersProcess> StartAsync(PorticoApp issuer)
    {
        var settings = await OrdersApp.PrepareAsync(issuer, new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Listen:Url"] = $"http://127.0.0.1:{Ports.Free()}",
            ["Listen:ManagementUrl"] = $"http://127.0.0.1:{Ports.Free()}",
        });
        var process = new OrdersProcess(
            new GuardedCommand(
                Environment.ProcessPath!,
                [
                    Path.Combine(AppContext.BaseDirectory, "Portico.Orders.dll"),
                    .. settings.Where(s => s.Value is not null).Select(s => $"--{s.Key}={s.Value}")
                ])
            {
                Environment = RuntimeVariables.OfServer,
                WorkingDirectory = AppContext.BaseDirectory,
                LogFile = Path.Combine(Path.GetDirectoryName(issuer.Mailbox)!, $"orders-{Guid.NewGuid():N}.log"),
            },
            settings);
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
                    using var answer = await _management.GetAsync(new Uri("/health/ready", UriKind.Relative));
                    return answer.StatusCode == HttpStatusCode.OK;
                }
                catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
                {
                    if (!_process.Exited.IsCompleted)
                        return false;
                    var log = LogTail.Of(_command.LogFile!);
                    if (!log.Contains(PortInUse, StringComparison.Ordinal))
                        throw new InvalidOperationException($"The orders service ended.{log}", failure);
                    // While it was down, another program got its port for a moment.
                    await _process.DisposeAsync();
                    _process = await GuardedProcess.StartAsync(_command, CancellationToken.None);
                    return false;
                }
            },
            "the orders service serves",
            TimeSpan.FromSeconds(60));
    }

    /// <summary>Ends it at once, as <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        Posix.Send(_process!.ProcessId, Signal.Kill);
        await _process.Exited;
        await _process.DisposeAsync();
    }

    /// <summary>Lets it hang, as SIGSTOP does.</summary>
    public void Freeze() => Posix.Stop(_process!.ProcessId);

    /// <summary>Lets it go on after <see cref="Freeze"/>.</summary>
    public void Thaw() => Posix.Send(_process!.ProcessId, Signal.Continue);

    public async ValueTask DisposeAsync()
    {
        _management.Dispose();
        if (_process is not null)
            await _process.DisposeAsync();
    }
}
