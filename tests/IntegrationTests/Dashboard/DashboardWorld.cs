using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Dashboard;
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
    public const double Limit = 0.3;

    public Task<Result<RemoteDto>> Read(CancellationToken cancellationToken) => client.Get(cancellationToken);
}

/// <summary>The same without breaker, hedging and copies.</summary>
[DashboardPart("plain", Share = RemotePart.Limit)]
internal sealed class PlainPart(RemoteClient client) : IDashboardPart<RemoteDto>
{
    public Task<Result<RemoteDto>> Read(CancellationToken cancellationToken) => client.Get(cancellationToken);
}

/// <summary>The whole application with two parts that another service answers.</summary>
public sealed class DashboardWorld : IAsyncLifetime
{
    internal const int BreakAfter = 6;

    internal static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    internal PorticoApp App { get; private set; } = null!;

    internal DownstreamServer Remote { get; } = DownstreamServer.Start();

    public async Task InitializeAsync() => App = await PorticoApp.StartAsync(new PorticoAppOptions
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
            .AddHttpClient<RemoteClient>(http => http.BaseAddress = Remote.Address)
            .AddDownstream(),
    });

    public async Task DisposeAsync()
    {
        await App.DisposeAsync();
        await Remote.DisposeAsync();
    }
}
