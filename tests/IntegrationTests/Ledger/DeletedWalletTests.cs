using System.Net;
using Portico.Application.Users;
using Portico.Domain.Users;
using Portico.IntegrationTests.Forecasts;
using Portico.Testing;
using static Portico.IntegrationTests.Ledger.LedgerPeople;

namespace Portico.IntegrationTests.Ledger;

/// <summary>The money of people whose account is deleted.</summary>
[Trait("Category", "Cases")]
public sealed class DeletedWalletTests : PorticoTests
{
    private const int People = 4;
    private const int RacesPerPerson = 25;

    private TestPerson _admin = null!;
    private TestPerson _manager = null!;
    private TestPerson _ada = null!;
    private Guid _wallet;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        (_admin, _manager) = (await App.SignUpAsync(Role.Admin), await App.ManagerAsync());
        _ada = await App.SignUpAsync();
        _wallet = await _ada.OpenWalletAsync();
    }

    public override Task DisposeAsync() => LedgerChecker.CheckAsync(App.Database.Portico);

    [Fact]
    public async Task An_administrator_deletes_nobody_who_has_money()
    {
        var other = await (await App.SignUpAsync()).OpenWalletAsync();
        await _manager.DepositAsync(App, _wallet, "3.00");
        var hold = await _ada.PlaceHoldAsync(App, _wallet, other, "3.00");
        await Delete(_ada).Problem(HttpStatusCode.Conflict, "wallets_not_empty");
        await _ada.PostAsync(App, $"holds/{hold}/capture", new { }).Json(HttpStatusCode.OK);
        await Delete(_ada).Json(HttpStatusCode.NoContent);
        await Delete(_ada).Json(HttpStatusCode.NoContent);
        await Deposit(_wallet).Problem(HttpStatusCode.Conflict, "wallet_closed");
    }

    [Fact]
    public async Task Nothing_reaches_the_wallet_of_a_deleted_person_until_they_are_restored()
    {
        var ben = await App.SignUpAsync();
        var (from, closed) = (await ben.OpenWalletWithAsync(App, _manager, "5.00"), await _ada.OpenWalletAsync());
        var hold = await ben.PlaceHoldAsync(App, from, _wallet, "1.00");
        await _ada.SendAsync(HttpMethod.Delete, $"/api/v1/wallets/{closed}", null, ("If-Match", "*")).Json(HttpStatusCode.NoContent);
        await _ada.SendAsync(HttpMethod.Delete, "/api/v1/users/me", new DeleteAccount { Password = _ada.Password })
            .Json(HttpStatusCode.NoContent);

        await Deposit(_wallet).Problem(HttpStatusCode.Conflict, "wallet_closed");
        await ben.PostAsync(App, "transfers", Transfer(from, _wallet, "1.00")).Problem(HttpStatusCode.Conflict, "wallet_closed");
        await ben.PostAsync(App, "holds", Transfer(from, _wallet, "1.00")).Problem(HttpStatusCode.Conflict, "wallet_closed");
        await ben.PostAsync(App, $"holds/{hold}/capture", new { }).Problem(HttpStatusCode.Conflict, "wallet_closed");

        await Restore(_ada).Json(HttpStatusCode.OK);
        await ben.PostAsync(App, $"holds/{hold}/capture", new { }).Json(HttpStatusCode.OK);
        await Deposit(_wallet).Json(HttpStatusCode.Created);
        await Deposit(closed).Problem(HttpStatusCode.Conflict, "wallet_closed");
        // Of a person who is not deleted, nothing is opened.
        await Restore(_ada).Json(HttpStatusCode.OK);
        await Deposit(closed).Problem(HttpStatusCode.Conflict, "wallet_closed");
    }

    /// <summary>A deletion and a deposit or a transfer at the same moment, a hundred times a run.</summary>
    [Fact]
    [Trait("Category", Campaign.Category)]
    public Task In_every_race_either_the_money_comes_or_the_person_goes() => Campaign.Run(1, RaceAll);

    [Fact]
    public async Task A_wallet_that_is_opened_during_the_deletion_is_closed_with_it()
    {
        for (var race = 0; race < 10; race++)
        {
            var person = await App.SignUpAsync();
            var body = new { name = "x", currency = "EUR" };
            Task<HttpResponseMessage>[] opening =
                [.. Enumerable.Range(0, 4).Select(_ => person.SendAsync(HttpMethod.Post, "/api/v1/wallets", body))];
            await Delete(person).Json(HttpStatusCode.NoContent);
            foreach (var answer in await Task.WhenAll(opening))
                Assert.Contains(answer.StatusCode, new[] { HttpStatusCode.Created, HttpStatusCode.Unauthorized });
            Assert.Equal(
                0,
                await App.Database.ScalarAsync<long>(
                    "SELECT count(*) FROM ledger.accounts WHERE owner_id = $1 AND status = 'open'", person.Id));
        }
    }

    private async Task RaceAll(int seed)
    {
        var ben = await App.SignUpAsync();
        var from = await ben.OpenWalletWithAsync(App, _manager, "1000.00");
        var (gone, paid) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, People).Select(async n =>
        {
            var person = await App.SignUpAsync();
            var wallet = await person.OpenWalletAsync();
            for (var race = 0; race < RacesPerPerson; race++)
                await Race(person, wallet, new Random(HashCode.Combine(seed, n, race)));
        }));
        Assert.True(gone > 0 && paid > 0, $"{gone} were deleted and {paid} were paid: one always won.");

        async Task Race(TestPerson person, Guid wallet, Random random)
        {
            // A deletion takes longer than a payment, so it mostly begins earlier, by as long as some short requests take.
            var deleting = Delete(person);
            for (var pause = random.Next(4); pause > 0; pause--)
                (await App.Client.GetAsync("/health/live")).Dispose();
            using var payment = await (random.Next(2) == 0
                ? Deposit(wallet)
                : ben.PostAsync(App, "transfers", Transfer(from, wallet, "1.00")));
            using var deletion = await deleting;
            if (deletion.StatusCode == HttpStatusCode.NoContent)
            {
                Interlocked.Increment(ref gone);
                await payment.Problem(HttpStatusCode.Conflict, "wallet_closed");
                await Restore(person).Json(HttpStatusCode.OK);
            }
            else
            {
                Interlocked.Increment(ref paid);
                await deletion.Problem(HttpStatusCode.Conflict, "wallets_not_empty");
                await payment.Json(HttpStatusCode.Created);
                await _manager.PostAsync(App, "withdrawals", new { walletId = wallet, amount = Money("1.00") })
                    .Json(HttpStatusCode.Created);
            }
        }
    }

    private Task<HttpResponseMessage> Deposit(Guid wallet) =>
        _manager.PostAsync(App, "deposits", new { walletId = wallet, amount = Money("1.00") });

    private Task<HttpResponseMessage> Delete(TestPerson person) => _admin.SendAsync(HttpMethod.Delete, $"/api/v1/users/{person.Id}");

    private Task<HttpResponseMessage> Restore(TestPerson person) =>
        _admin.SendAsync(HttpMethod.Post, $"/api/v1/users/{person.Id}/restore");
}
