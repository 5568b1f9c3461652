using System.Net;
using System.Text.Json;
using Portico.Testing;
using static Portico.IntegrationTests.Ledger.LedgerPeople;

namespace Portico.IntegrationTests.Ledger;

/// <summary>Three web APIs on one database: one in this process, two in processes of their own.</summary>
public sealed class LedgerReplicas : IAsyncLifetime
{
    private IReadOnlyList<PorticoProcess> _processes = [];

    public PorticoApp App { get; private set; } = null!;
    public IReadOnlyList<HttpClient> Servers => [App.Client, .. _processes.Select(process => process.Client)];

    public async Task InitializeAsync()
    {
        App = await PorticoApp.StartAsync(new PorticoAppOptions { Settings = { ["Ledger:Writers"] = "2" } });
        var nothing = new Dictionary<string, string?>(StringComparer.Ordinal);
        _processes = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => PorticoProcess.StartAsync(App, nothing)));
    }

    public async Task DisposeAsync()
    {
        foreach (var process in _processes)
            await process.DisposeAsync();
        await App.DisposeAsync();
    }
}

/// <summary>Three web APIs pay from and to the same wallets.</summary>
public sealed class LedgerReplicaTests(LedgerReplicas replicas) : IClassFixture<LedgerReplicas>, IAsyncLifetime
{
    private const int Wallets = 4;
    private const int Payers = 24;
    private const int PaymentsEach = 15;

    private readonly List<Guid> _wallets = [];
    private TestPerson _ada = null!;

    private PorticoApp App => replicas.App;

    public async Task InitializeAsync()
    {
        (_ada, var manager) = (await App.SignUpAsync(), await App.ManagerAsync());
        for (var n = 0; n < Wallets; n++)
            _wallets.Add(await _ada.OpenWalletWithAsync(App, manager, "5.00"));
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("hot")]
    [InlineData("opposite")]
    [InlineData("batches")]
    public async Task Pay_each_other_with_no_deadlock_and_no_cent_lost(string load)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, Payers).Select(payer => Pay(load, payer)));

        var statuses = answers.SelectMany(mine => mine).CountBy(answer => answer).ToDictionary(StringComparer.Ordinal);
        Assert.Empty(statuses.Keys.Except(["Created", "insufficient_funds"], StringComparer.Ordinal));
        Assert.True(statuses["Created"] >= Payers, JsonSerializer.Serialize(statuses));
        Assert.Equal(Payers * PaymentsEach, statuses.Values.Sum());
        await LedgerChecker.CheckAsync(App.Database.Portico);
        Assert.Equal("0", await App.Database.TextAsync("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"));
        var balances = await Task.WhenAll(_wallets.Select(_ada.BalanceAsync));
        Assert.Equal(5.00m * Wallets, balances.Sum(balance => balance.Balance));
        Assert.All(balances, balance => Assert.InRange(balance.Balance, 0m, 5.00m * Wallets));
    }

    private async Task<string[]> Pay(string load, int payer)
    {
        var random = new Random(payer);
        var answers = new List<string>();
        for (var n = 0; n < PaymentsEach; n++)
        {
            var (path, body) = Payment(load, random, payer + n);
            var key = $"{payer}-{n}-{Guid.NewGuid():N}";
            // At two processes at once, as a client does that was too impatient: one effect, and the same answer.
            var told = await Task.WhenAll(
                Enumerable.Range(0, 1 + (n % 2))
                    .Select(twin => Send(replicas.Servers[(payer + n + twin) % replicas.Servers.Count], path, body, key)));
            Assert.Single(told.Distinct());
            answers.Add(told[0].Outcome);
        }

        return [.. answers];
    }

    private (string Path, object Body) Payment(string load, Random random, int turn)
    {
        var amount = $"0.{random.Next(1, 40):D2}";
        var (first, second) = (_wallets[0], _wallets[1]);
        return load switch
        {
            // All from one wallet or all to it.
            "hot" =>
                (
                    "transfers",
                    turn % 2 == 0
                        ? Transfer(first, _wallets[random.Next(1, Wallets)], amount)
                        : Transfer(_wallets[random.Next(1, Wallets)], first, amount)),
            "opposite" => ("transfers", turn % 2 == 0 ? Transfer(first, second, amount) : Transfer(second, first, amount)),
            _ => ("transfers/batch", new { transfers = Enumerable.Range(0, 5).Select(_ => Leg(random)).ToArray() }),
        };
    }

    private object Leg(Random random)
    {
        var (from, step) = (random.Next(Wallets), random.Next(1, Wallets));
        return Transfer(_wallets[from], _wallets[(from + step) % Wallets], "0.05");
    }

    private async Task<(string Outcome, string? Id)> Send(HttpClient api, string path, object body, string key)
    {
        using var answer = await _ada.SendAsync(api, path, body, key);
        var json = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
        return answer.StatusCode == HttpStatusCode.Created
            ? ("Created", json.TryGetProperty("id", out var id) ? id.GetString() : json.GetRawText())
            : (json.Text("code"), null);
    }
}
