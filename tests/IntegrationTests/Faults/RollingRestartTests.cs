using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Portico.DevStack;
using Portico.IntegrationTests.Cookies;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Faults;

/// <summary>
/// Restarts two replicas in turn behind Caddy, with the configuration of docs/operations.md, while people ask at a steady rate.
/// </summary>
[Trait("Category", Campaign.Category)]
public sealed partial class RollingRestartTests : IAsyncLifetime
{
    private const int Replicas = 2;

    // That of production; applications of tests have none.
    private static readonly TimeSpan DrainDelay = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ProxySees = TimeSpan.FromSeconds(2);

    private readonly List<PorticoProcess> _replicas = [];
    private PorticoApp _app = null!;
    private ProxyServer _proxy = null!;
    private TestPerson _person = null!;
    private Guid[] _wallets = null!;

    public async Task InitializeAsync()
    {
        // All people of this test share one address, and one person makes all requests.
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Shutdown:DrainDelay"] = $"{DrainDelay:c}",
            ["Limits:UserRequestsPerMinute"] = "1000000",
            ["Limits:ClientRequestsPerMinute"] = "1000000",
        };
        _app = await PorticoApp.StartAsync(new PorticoAppOptions());
        var addresses = new string[Replicas];
        for (var n = 0; n < Replicas; n++)
        {
            _replicas.Add(await PorticoProcess.StartAsync(_app, settings));
            addresses[n] = _replicas[n].Client.BaseAddress!.Authority;
        }

        _proxy = await StartProxyAsync(addresses);
        (_person, var manager) = (await _app.SignUpAsync(), await _app.ManagerAsync());
        _wallets = [await _person.OpenWalletAsync(), await _person.OpenWalletAsync()];
        foreach (var wallet in _wallets)
            await manager.DepositAsync(_app, wallet, "10000.00");
    }

    public async Task DisposeAsync()
    {
        await _proxy.DisposeAsync();
        foreach (var replica in _replicas)
            await replica.DisposeAsync();
        await _app.DisposeAsync();
    }

    [Fact]
    public Task No_request_fails_while_replicas_restart_in_turn() => Campaign.Run(2, Run);

    private async Task Run(int seed)
    {
        // An access token lives for five minutes, a campaign longer.
        _person.Take(await _person.RefreshAsync().Json(HttpStatusCode.OK));
        var before = await TransfersAsync();
        using var stop = new CancellationTokenSource();
        var load = new Load(_person.At(_proxy.Client), _proxy.Client, _wallets, new Random(seed));
        var loading = load.RunAsync(TimeSpan.FromSeconds(1.0 / (Campaign.IsOnRequest ? 300 : 20)), stop.Token);
        try
        {
            foreach (var replica in _replicas)
            {
                Assert.Equal(0, await replica.StopAsync());
                await replica.StartAsync();
                await Eventually.Holds(
                    async () =>
                    {
                        using var ready = await replica.Client.GetAsync(new Uri("/health/ready", UriKind.Relative));
                        return ready.StatusCode == HttpStatusCode.OK;
                    },
                    "the replica is ready again");
                // As the documentation says: the proxy has to see it too.
                await Task.Delay(ProxySees);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await loading;
        }

        Assert.True(
            load.Failures.IsEmpty,
            $"{string.Join("; ", load.Failures.CountBy(failure => failure).Select(failure => $"{failure.Value} × {failure.Key}"))}{_proxy.Log}");
        Assert.All(load.Answered, kind => Assert.True(kind.Value > 0, $"nobody asked for {kind.Key}"));
        Assert.Equal(load.Transfers.Count, load.Transfers.Distinct().Count());
        Assert.Equal(before + load.Transfers.Count, await TransfersAsync());
        await LedgerChecker.CheckAsync(_app.Database.Portico);
    }

    private async Task<int> TransfersAsync() =>
        int.Parse((await _app.Database.TextAsync("SELECT count(*) FROM ledger.journals WHERE kind = 'transfer'"))!);

    /// <summary>The block of the documentation; only the addresses are others.</summary>
    private static async Task<ProxyServer> StartProxyAsync(string[] replicas)
    {
        var block = Block().Match(await File.ReadAllTextAsync(Repository.File("docs/operations.md"))).Groups["text"].Value;
        var port = Ports.Free();
        return await ProxyServer.StartCaddyAsync(
            block
                .Replace("10.0.0.1:5080", replicas[0], StringComparison.Ordinal)
                .Replace("10.0.0.2:5080", replicas[1], StringComparison.Ordinal)
                .Replace("8080", $"{port}", StringComparison.Ordinal),
            port);
    }

    [GeneratedRegex("^```caddyfile\n(?<text>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline, 1000)]
    private static partial Regex Block();

    /// <summary>Checks of the sign-in, reads and transfers, sent when they are due, whether or not the others are answered.</summary>
    private sealed class Load(TestPerson person, HttpClient proxy, Guid[] wallets, Random random)
    {
        private static readonly string[] Kinds = ["check", "wallet", "transfer"];

        public ConcurrentQueue<string> Failures { get; } = [];

        public ConcurrentQueue<Guid> Transfers { get; } = [];

        public ConcurrentDictionary<string, int> Answered { get; } = new(Kinds.ToDictionary(kind => kind, _ => 0), StringComparer.Ordinal);

        public async Task RunAsync(TimeSpan interval, CancellationToken cancellationToken)
        {
            List<Task> requests = [];
            using var timer = new PeriodicTimer(interval);
            try
            {
                while (await timer.WaitForNextTickAsync(cancellationToken))
                    requests.Add(AskAsync(Kinds[requests.Count % Kinds.Length], random.Next(1, 100)));
            }
            catch (OperationCanceledException)
            {
                await Task.WhenAll(requests);
            }
        }

        private async Task AskAsync(string kind, int cents)
        {
            try
            {
                var (from, to) = cents % 2 == 0 ? (wallets[0], wallets[1]) : (wallets[1], wallets[0]);
                using var answer = kind switch
                {
                    "check" => await person.GetAsync("/api/v1/auth/check"),
                    "wallet" => await person.GetAsync($"/api/v1/wallets/{from}"),
                    _ => await person.SendAsync(
                        proxy, "transfers", LedgerPeople.Transfer(from, to, $"0.{cents:D2}"), $"{Guid.NewGuid():N}"),
                };
                var text = await answer.Content.ReadAsStringAsync();
                if (!answer.IsSuccessStatusCode)
                {
                    Failures.Enqueue($"{kind}: {(int)answer.StatusCode} {text}");
                    return;
                }

                if (kind == "transfer")
                    Transfers.Enqueue(JsonSerializer.Deserialize<JsonElement>(text).GetProperty("id").GetGuid());
                Answered.AddOrUpdate(kind, 1, (_, count) => count + 1);
            }
            catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or IOException)
            {
                Failures.Enqueue($"{kind}: {failure.Message}");
            }
        }
    }
}
