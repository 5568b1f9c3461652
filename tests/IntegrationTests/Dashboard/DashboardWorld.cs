using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Dashboard;
using Portico.DevStack;
using Portico.Domain.Common;
using Portico.Infrastructure.Aggregation;
using Portico.Testing;

namespace Portico.IntegrationTests.Dashboard;

internal sealed record RemoteDto(string Answer);

internal sealed class RemoteClient(HttpClient http)
{
    public async Task<Result<RemoteDto>> Get(CancellationToken cancellationToken) =>
        (await http.GetFromJsonAsync<RemoteDto>("/", cancellationToken))!;
}

/// <summary>A part from another service, behind its breaker.</summary>
[DashboardPart("remote", Share = Limit, IsCacheable = true, Downstream = "remote")]
internal sealed class RemotePart(RemoteClient client) : IDashboardPart<RemoteDto>
{
    public const double Limit = 0.1;

    public Task<Result<RemoteDto>> Read(CancellationToken cancellationToken) => client.Get(cancellationToken);
}

/// <summary>The same without breaker, hedging and copies.</summary>
[DashboardPart("plain", Share = RemotePart.Limit)]
internal sealed class PlainPart(RemoteClient client) : IDashboardPart<RemoteDto>
{
    public Task<Result<RemoteDto>> Read(CancellationToken cancellationToken) => client.Get(cancellationToken);
}

internal sealed class ProcessClient(HttpClient http)
{
    public async Task<Result<RemoteDto>> Get(CancellationToken cancellationToken) =>
        (await http.GetFromJsonAsync<RemoteDto>("/", cancellationToken))!;
}

/// <summary>A part that a process of its own answers.</summary>
[DashboardPart("process", Share = RemotePart.Limit, Downstream = "process")]
internal sealed class ProcessPart(ProcessClient client) : IDashboardPart<RemoteDto>
{
    public Task<Result<RemoteDto>> Read(CancellationToken cancellationToken) => client.Get(cancellationToken);
}

/// <summary>The whole application with parts that other services answer.</summary>
public sealed class DashboardWorld : IAsyncLifetime
{
    internal const int BreakAfter = 6;

    private const string Server = """
        require('http').createServer((_, answer) => {
          answer.setHeader('Content-Type', 'application/json');
          answer.end('{"answer":"from the process"}');
        }).listen(process.argv[1], '127.0.0.1');
        """;

    // The parts of Portico have most of it: the suite keeps both processors busy.
    internal static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);

    internal PorticoApp App { get; private set; } = null!;

    internal DownstreamServer Remote { get; } = DownstreamServer.Start();

    /// <summary>A service in another language, which can be stopped by a signal.</summary>
    internal GuardedProcess Process { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var port = Ports.Free();
        Process = await GuardedProcess.StartAsync(
            new GuardedCommand("node", ["-e", Server, $"{port}"]) { LogFile = "/dev/null", Grace = TimeSpan.FromSeconds(1) },
            CancellationToken.None);
        var address = new Uri($"http://127.0.0.1:{port}");
        App = await StartAsync(address);
        using var client = new HttpClient();
        await Eventually.Holds(
            async () =>
            {
                try
                {
                    return (await client.GetStringAsync(address)).Length > 0;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            "the process to listen");

        // The first page loads the code, which takes longer than the deadline on a busy machine.
        var person = await App.SignUpAsync();
        await Eventually.Holds(
            async () => (await person.GetAsync("/api/v1/dashboard").Json(HttpStatusCode.OK)).GetProperty("errors").GetArrayLength() == 0,
            "a whole page");
    }

    private async Task<PorticoApp> StartAsync(Uri process) => await PorticoApp.StartAsync(new PorticoAppOptions
    {
        Settings =
        {
            ["Dashboard:Deadline"] = Deadline.ToString("c"),
            ["Dashboard:StreamDeadline"] = "00:01:00",
            ["Dashboard:Heartbeat"] = "00:00:00.500",
            ["Downstreams:BreakAfter"] = $"{BreakAfter}",
            ["Downstreams:BreakFor"] = "00:00:00.500",
            ["Limits:UserRequestsPerMinute"] = "100000",
        },
        Services = services => services
            .AddDashboardPart<RemotePart, RemoteDto>()
            .AddDashboardPart<PlainPart, RemoteDto>()
            .AddDashboardPart<ProcessPart, RemoteDto>()
            .AddHttpClient<RemoteClient>(http => http.BaseAddress = Remote.Address)
            .AddDownstream()
            .Services
            .AddHttpClient<ProcessClient>(http => http.BaseAddress = process)
            .AddDownstream(),
    });

    public async Task DisposeAsync()
    {
        await App.DisposeAsync();
        // A stopped process does not end.
        Posix.Send(Process.ProcessId, Signal.Continue);
        await Process.DisposeAsync();
        await Remote.DisposeAsync();
    }
}
