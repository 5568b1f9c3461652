using System.Net;
using Portico.DevStack;
using Portico.IntegrationTests.Cookies;
using Portico.Testing;

namespace Portico.IntegrationTests.Drills;

/// <summary>Two replicas behind Caddy with the configuration of docs/operations.md.</summary>
internal sealed class Replicas : IAsyncDisposable
{
    // As the documentation says: two health checks of the proxy.
    private static readonly TimeSpan ProxySees = TimeSpan.FromSeconds(2);

    private readonly PorticoProcess[] _processes;
    private readonly int[] _ports;

    private Replicas(PorticoProcess[] processes, int[] ports, ProxyServer proxy) => (_processes, _ports, Proxy) = (processes, ports, proxy);

    public ProxyServer Proxy { get; }

    public int Count => _processes.Length;

    /// <summary>One of them, past the proxy.</summary>
    public HttpClient this[int replica] => _processes[replica].Client;

    /// <summary>The delay of production, which applications of tests do not have, and limits for one client that asks for all.</summary>
    public static Dictionary<string, string?> Settings => new(StringComparer.Ordinal)
    {
        ["Shutdown:DrainDelay"] = "00:00:05",
        ["Limits:UserRequestsPerMinute"] = "1000000",
        ["Limits:ClientRequestsPerMinute"] = "1000000",
    };

    /// <param name="app">The application whose database and settings the replicas have.</param>
    /// <param name="settings">What they have besides.</param>
    /// <param name="program">The assembly of another version; without it that beside the tests.</param>
    public static async Task<Replicas> StartAsync(PorticoApp app, IReadOnlyDictionary<string, string?> settings, string? program = null)
    {
        int[] ports = [Ports.Free(), Ports.Free()];
        var processes = new PorticoProcess[ports.Length];
        for (var n = 0; n < ports.Length; n++)
        {
            processes[n] = await StartOneAsync(app, settings, ports[n], program);
            await ReadyAsync(processes[n].Client);
        }

        var port = Ports.Free();
        var block = RunBook.Block("caddyfile")
            .Replace("10.0.0.1:5080", $"127.0.0.1:{ports[0]}", StringComparison.Ordinal)
            .Replace("10.0.0.2:5080", $"127.0.0.1:{ports[1]}", StringComparison.Ordinal)
            .Replace(":8080", $":{port}", StringComparison.Ordinal);
        return new Replicas(processes, ports, await ProxyServer.StartCaddyAsync(block, port));
    }

    /// <summary>Stops a replica as SIGTERM does, starts it again, and waits until the proxy uses it.</summary>
    public async Task RestartAsync(int replica)
    {
        Assert.Equal(0, await _processes[replica].StopAsync());
        await _processes[replica].StartAsync();
        await ReadyAsync(this[replica]);
        await Task.Delay(ProxySees);
    }

    /// <summary>Stops a replica, and starts another version in its place.</summary>
    public async Task ReplaceAsync(int replica, PorticoApp app, IReadOnlyDictionary<string, string?> settings)
    {
        Assert.Equal(0, await _processes[replica].StopAsync());
        await _processes[replica].DisposeAsync();
        _processes[replica] = await StartOneAsync(app, settings, _ports[replica], program: null);
        await ReadyAsync(this[replica]);
        await Task.Delay(ProxySees);
    }

    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        foreach (var process in _processes)
            await process.DisposeAsync();
    }

    private static Task<PorticoProcess> StartOneAsync(
        PorticoApp app, IReadOnlyDictionary<string, string?> settings, int port, string? program)
    {
        var all = new Dictionary<string, string?>(settings, StringComparer.Ordinal) { ["urls"] = $"http://127.0.0.1:{port}" };
        return program is null ? PorticoProcess.StartAsync(app, all) : PorticoProcess.StartAsync(app, all, program);
    }

    private static Task ReadyAsync(HttpClient replica) => Eventually.Holds(
        async () =>
        {
            using var ready = await replica.GetAsync(new Uri("/health/ready", UriKind.Relative));
            return ready.StatusCode == HttpStatusCode.OK;
        },
        "the replica is ready",
        TimeSpan.FromMinutes(1));
}
