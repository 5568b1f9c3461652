using System.Diagnostics;
using System.Net.Sockets;
using Portico.DevStack;
using Portico.Testing;

namespace Portico.IntegrationTests.Nats;

/// <summary>A nats-server with a configuration of its own, for what the local stack's does not have: TLS, accounts, a cluster.</summary>
internal sealed class NatsServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;

    private NatsServerProcess(Process process, int port, string folder) => (_process, Port, _folder) = (process, port, folder);

    public int Port { get; }
    public string Url => $"nats://127.0.0.1:{Port}";

    public static async Task<NatsServerProcess> StartAsync(string configuration)
    {
        var (port, folder) = (Ports.Free(), Directory.CreateTempSubdirectory("portico-nats-").FullName);
        await WriteAsync(folder, port, configuration);
        var process = Process.Start(new ProcessStartInfo("nats-server", ["-c", $"{folder}/nats.conf", "-l", $"{folder}/nats.log"]))!;
        var server = new NatsServerProcess(process, port, folder);
        await Eventually.Holds(server.ListensAsync, "nats-server listens");
        return server;
    }

    /// <summary>Gives the server another configuration while it runs.</summary>
    public async Task ReloadAsync(string configuration)
    {
        await WriteAsync(_folder, Port, configuration);
        Posix.Send(_process.Id, Signal.Hangup);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static Task WriteAsync(string folder, int port, string configuration) =>
        File.WriteAllTextAsync($"{folder}/nats.conf", $"listen: \"127.0.0.1:{port}\"\n{configuration}\n");

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
