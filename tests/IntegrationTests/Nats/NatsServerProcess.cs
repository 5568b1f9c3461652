using System.Diagnostics;
using System.Net.Sockets;
using Portico.DevStack;
using Portico.Testing;

namespace Portico.IntegrationTests.Nats;

/// <summary>A nats-server with a configuration of its own, for what the local stack's does not have: TLS, accounts, signals.</summary>
internal sealed class NatsServerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private NatsServerProcess(Process process, int port, string folder) => (_process, Port, Folder) = (process, port, folder);

    public int Port { get; }
    public string Folder { get; }
    public string Url => $"nats://127.0.0.1:{Port}";

    public static async Task<NatsServerProcess> StartAsync(string configuration = "", string? folder = null)
    {
        folder ??= Directory.CreateTempSubdirectory("portico-nats-").FullName;
        var port = Ports.Free();
        var file = Path.Combine(folder, "nats.conf");
        await File.WriteAllTextAsync(file, $$"""
            listen: "127.0.0.1:{{port}}"
            jetstream { store_dir: "{{folder}}/store" }
            {{configuration}}
            """);
        var process = Process.Start(new ProcessStartInfo("nats-server", ["-c", file, "-l", Path.Combine(folder, "nats.log")]))!;
        var server = new NatsServerProcess(process, port, folder);
        await Eventually.Holds(server.ListensAsync, "nats-server listens");
        return server;
    }

    /// <summary>Asks the server to let its clients go and end (SIGUSR2).</summary>
    public void EnterLameDuckMode() => Posix.Send(_process.Id, Signal.User2);

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private async Task<bool> ListensAsync()
    {
        Assert.False(_process.HasExited, "nats-server ended");
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
