using Portico.IntegrationTests.Ledger;
using Portico.Testing;
using Xunit.Abstractions;

namespace Portico.IntegrationTests.Drills;

/// <summary>Restarts two replicas in turn behind a proxy while people read and pay.</summary>
[Trait("Category", "Drills")]
[Collection(ReplicaLoad.OneAtATime)]
public sealed class RollingRestartTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Restarts = 20;

    private PorticoApp _app = null!;
    private Replicas _replicas = null!;
    private TestPerson _person = null!;
    private Guid[] _wallets = null!;

    public async Task InitializeAsync()
    {
        _app = await PorticoApp.StartAsync(new PorticoAppOptions());
        (_person, var manager) = (await _app.SignUpAsync(), await _app.ManagerAsync());
        _wallets =
        [
            await _person.OpenWalletWithAsync(_app, manager, "10000.00"), await _person.OpenWalletWithAsync(_app, manager, "10000.00"),
        ];
        // The replicas take it from here.
        await _app.StopAsync();
        _replicas = await Replicas.StartAsync(_app, Replicas.Settings);
    }

    public async Task DisposeAsync()
    {
        await _replicas.DisposeAsync();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task No_request_fails_while_replicas_restart_in_turn()
    {
        await using var load = new ReplicaLoad(_replicas.Proxy.Client, _person, _wallets);
        for (var n = 0; n < Restarts; n++)
        {
            await _replicas.RestartAsync(n % _replicas.Count);
            await load.RefreshAsync();
            if (load.Failures.Length > 0)
                break;
        }

        output.WriteLine(load.Summary);
        await load.EndAsync(_replicas.Proxy.Log);
        Assert.Equal(
            $"{load.Transfers}", await _app.Database.TextAsync("SELECT count(*) FROM ledger.journals WHERE kind = 'transfer'"));
        await LedgerChecker.CheckAsync(_app.Database.Portico);
    }
}
