using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Testing;
using static Portico.IntegrationTests.Ledger.LedgerPeople;

namespace Portico.IntegrationTests.Ledger;

/// <summary>Three hosts on one database, each with its own queue and writers.</summary>
public sealed class ThreeHosts : IAsyncLifetime
{
    private readonly List<PorticoApp> _apps = [];

    public PorticoApp App => _apps[0];
    public TestPerson Ada { get; private set; } = null!;
    public TestPerson Manager { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        foreach (var writers in (string[])["2", "2", "1"])
        {
            _apps.Add(await PorticoApp.StartAsync(new PorticoAppOptions
            {
                Database = _apps.FirstOrDefault()?.Database,
                Settings = { ["Ledger:Writers"] = writers, ["Ledger:MaxMovement"] = "79228162514264337593543950335" },
            }));
        }

        (Ada, Manager) = (await App.SignUpAsync(), await App.ManagerAsync());
    }

    public async Task DisposeAsync()
    {
        foreach (var app in _apps)
            await app.DisposeAsync();
    }

    internal ILedger Ledger(int n) => _apps[n % _apps.Count].Services.GetRequiredService<ILedger>();
}

public sealed class LedgerRaceTests(ThreeHosts hosts) : IClassFixture<ThreeHosts>, IAsyncLifetime
{
    private static readonly Currency Euro = Currency.Of("EUR");
    private readonly TestPerson _ada = hosts.Ada;
    private readonly TestPerson _manager = hosts.Manager;

    private PorticoApp App => hosts.App;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => LedgerChecker.CheckAsync(App.Database.Portico);

    [Fact]
    public async Task Never_overdraws_however_many_spend_the_same_money()
    {
        var (from, to) = (await _ada.OpenWalletAsync(), await _ada.OpenWalletAsync());
        await _manager.DepositAsync(App, from, "1.00");
        var results = await Task.WhenAll(
            Enumerable.Range(0, 256).Select(n => Ledger(n).Execute(Transfer(from, to, 10), CancellationToken.None)));
        Assert.Equal(10, results.Count(result => result.Error is null));
        Assert.Equal(246, results.Count(result => result.Error == LedgerErrors.InsufficientFunds));
        Assert.Equal((0m, 0m, 0m), await _ada.BalanceAsync(from));
    }

    [Fact]
    public async Task Never_spends_more_than_the_limit_however_many_wallets_and_hosts_spend_at_once()
    {
        var (spender, to) = (await App.SignUpAsync(), await _ada.OpenWalletAsync());
        List<Guid> wallets = [];
        while (wallets.Count < 3)
            wallets.Add(await spender.OpenWalletWithAsync(App, _manager, "100.00"));

        async Task SetAsync(string amount) => await _manager
            .SendAsync(
                HttpMethod.Put, $"/api/v1/users/{spender.Id}/limits",
                new { items = new[] { new { currency = "EUR", perMonth = Money(amount) } } })
            .Json(HttpStatusCode.OK);
        await SetAsync("1.00");

        var results = Task.WhenAll(Enumerable.Range(0, 300).Select(n =>
        {
            var from = wallets[n % wallets.Count];
            var dime = Domain.Common.Money.Of(0.10m, Euro);
            Instruction pay = n % 2 == 0
                ? Movement.Transfer(Guid.CreateVersion7(), spender.Id, [new Leg(Guid.CreateVersion7(), from, to, dime, null)])
                : new Reservation(from, to, dime, DateTimeOffset.UtcNow.AddHours(1), null)
                {
                    Id = Guid.CreateVersion7(),
                    By = spender.Id,
                };
            return Ledger(n / wallets.Count).Execute(pay, CancellationToken.None);
        }));
        // The limit is set again meanwhile, and a wallet is opened.
        await Task.WhenAll(SetAsync("1.00"), spender.OpenWalletAsync(), SetAsync("1.00"));

        Assert.Equal(10, (await results).Count(result => result.Error is null));
        Assert.All((await results).Where(result => result.Error is not null), result =>
            Assert.Contains(result.Error!.Code, (string[])["limit_exceeded", "too_many_holds"]));
        Assert.Equal("False", await App.Database.TextAsync(
            $"SELECT bool_or(NOT is_limited) FROM ledger.accounts WHERE owner_id = '{spender.Id}'"));
    }

    [Fact]
    public async Task A_hundred_duplicates_have_one_effect_and_one_answer()
    {
        var (from, to) = (await _ada.OpenWalletAsync(), await _ada.OpenWalletAsync());
        await _manager.DepositAsync(App, from, "10.00");
        var key = new InstructionKey(Guid.CreateVersion7(), "the key", new byte[32]);
        var results = await Task.WhenAll(
            Enumerable.Range(0, 100).Select(n => Ledger(n).Execute(Transfer(from, to, 100) with { Key = key }, CancellationToken.None)));
        Assert.Single(results.Select(result => result.Journals.Single()).Distinct());
        Assert.Equal(99, results.Count(result => result.IsReplay));
        var others = await Task.WhenAll(Enumerable.Range(0, 30).Select(n =>
            Ledger(n)
                .Execute(
                    Transfer(to, from, 100) with { Key = key with { Fingerprint = Enumerable.Repeat((byte)1, 32).ToArray() } },
                    CancellationToken.None)));
        Assert.All(others, result => Assert.Equal(LedgerErrors.KeyReused, result.Error));
        Assert.Equal(9m, (await _ada.BalanceAsync(from)).Balance);

        var body = LedgerPeople.Transfer(from, to, "1.00");
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(async _ =>
        {
            using var answer = await _ada.PostAsync(App, "transfers", body, "one-key");
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }));
        Assert.Equal(HttpStatusCode.Created, Assert.Single(answers.Distinct()).StatusCode);
        Assert.Equal(8m, (await _ada.BalanceAsync(from)).Balance);
    }

    [Fact]
    public async Task Opposite_transfers_and_overlapping_batches_never_block_each_other_for_good()
    {
        var wallets = new List<Guid>();
        for (var n = 0; n < 6; n++)
        {
            wallets.Add(await _ada.OpenWalletAsync());
            await _manager.DepositAsync(App, wallets[n], "100.00");
        }

        var results = await Task.WhenAll(Enumerable.Range(0, 600).Select(n =>
        {
            var random = new Random(n);
            var legs = Enumerable.Range(0, n % 4 == 0 ? 8 : 1).Select(_ =>
            {
                var (source, step) = (random.Next(6), random.Next(1, 6));
                return new Leg(
                    Guid.CreateVersion7(),
                    wallets[source],
                    wallets[(source + step) % 6],
                    Portico.Domain.Common.Money.OfMinorUnits(random.Next(1, 40), Euro),
                    null);
            }).ToArray();
            return Ledger(n)
                .Execute(
                    new Movement { Id = legs.Length == 1 ? legs[0].Id : Guid.CreateVersion7(), Kind = JournalKind.Transfer, Legs = legs },
                    CancellationToken.None);
        }));
        Assert.All(
            results, result => Assert.True(result.Error is null || result.Error == LedgerErrors.InsufficientFunds, result.ToString()));
        Assert.Contains(results, result => result.Error is null);
    }

    [Fact]
    public async Task Concurrent_reversals_move_back_no_more_than_was_moved()
    {
        var (from, to) = (await _ada.OpenWalletAsync(), await _ada.OpenWalletAsync());
        await _manager.DepositAsync(App, from, "10.00");
        var made = (await Ledger(0).Execute(Transfer(from, to, 100), CancellationToken.None)).Journals.Single();
        var results = await Task.WhenAll(Enumerable.Range(0, 90).Select(n => Ledger(n).Execute(
            new Reversal(
                made.Id,
                Portico.Domain.Common.Money.OfMinorUnits(7, Euro),
                null)
            { Id = Guid.CreateVersion7() }, CancellationToken.None)));
        Assert.Equal(14, results.Count(result => result.Error is null));
        Assert.Equal(76, results.Count(result => result.Error == LedgerErrors.ReversalExceeded));
        Assert.Equal(9.98m, (await _ada.BalanceAsync(from)).Balance);
    }

    [Theory]
    [InlineData("JPY")]
    [InlineData("SEK")]
    [InlineData("BHD")]
    [InlineData("CLF")]
    [InlineData("USDT")]
    [InlineData("BTC")]
    [InlineData("SOL")]
    [InlineData("ETH")]
    public async Task Keeps_the_largest_amounts_exactly(string code)
    {
        var (currency, wallet) = (Currency.Of(code), await _ada.OpenWalletAsync(code));
        var (largest, most) = (LedgerLimits.MaxAmount(currency), Account.MaxWalletBalance(currency));
        var cash = SystemAccounts.IdOf(AccountKind.Cash, currency);
        Leg[] legs = [.. Enumerable.Range(0, 100).Select(_ => new Leg(Guid.CreateVersion7(), cash, wallet, largest, null))];
        var deposits = new Movement { Id = Guid.CreateVersion7(), Kind = JournalKind.Deposit, Legs = legs };
        Assert.Null(
            (await Ledger(0).Execute(deposits, CancellationToken.None)).Error);
        var unit = Portico.Domain.Common.Money.OfMinorUnits(1, currency);
        Assert.Equal(
            LedgerErrors.BalanceLimit,
            (await Ledger(1).Execute(Movement.Deposit(Guid.CreateVersion7(), null, wallet, unit, null), CancellationToken.None)).Error);
        var tooLarge = Movement.Withdrawal(Guid.CreateVersion7(), null, wallet, largest + unit, null);
        Assert.Equal(LedgerErrors.AmountTooLarge, (await Ledger(1).Execute(tooLarge, CancellationToken.None)).Error);
        Assert.Equal(most.Text, (await _ada.WalletAsync(wallet)).GetProperty("balance").Text("amount"));
        // A wallet that is full concerns nobody else.
        var other = await _ada.OpenWalletAsync(code);
        Assert.Null(
            (await Ledger(2).Execute(Movement.Deposit(Guid.CreateVersion7(), null, other, largest, null), CancellationToken.None)).Error);
        Assert.Null(
            (
                await Ledger(2)
                    .Execute(Movement.Withdrawal(Guid.CreateVersion7(), null, other, largest - unit, null), CancellationToken.None)).Error);
        Assert.Equal(unit.Text, (await _ada.WalletAsync(other)).GetProperty("balance").Text("amount"));
    }

    private ILedger Ledger(int n) => hosts.Ledger(n);

    private static Movement Transfer(Guid from, Guid to, int cents)
    {
        var id = Guid.CreateVersion7();
        return new Movement
        {
            Id = id,
            Kind = JournalKind.Transfer,
            Legs = [new Leg(id, from, to, Portico.Domain.Common.Money.OfMinorUnits(cents, Euro), null)]
        };
    }
}
