using System.Net;
using Portico.IntegrationTests.Characters;
using Portico.IntegrationTests.Forecasts;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;
using static Portico.IntegrationTests.Ledger.LedgerPeople;

namespace Portico.IntegrationTests.Users;

/// <summary>How many records a person may own, exactly, also when many requests come at once.</summary>
[Collection(LimitedApp.Tests.Name)]
public sealed class RecordLimitTests(LimitedApp limited) : IAsyncLifetime
{
    private const int Limit = LimitedApp.Limit;
    private const int AtOnce = 4 * Limit;

    private TestPerson _ada = null!;
    private TestPerson _manager = null!;

    private PorticoApp App => limited.App;

    public async Task InitializeAsync() => (_ada, _manager) = (await App.SignUpAsync(), await App.ManagerAsync());

    public Task DisposeAsync() => LedgerChecker.CheckAsync(App.Database.Portico);

    [Fact]
    [Trait("Category", "Cases")]
    public async Task Wallets_of_a_person_are_no_more_than_allowed()
    {
        await OnlyAsManyAsAllowed("too_many_wallets", _ => Open());
        await (await App.SignUpAsync()).OpenWalletAsync();

        var closed = (await _ada.GetAsync("/api/v1/wallets").Json(HttpStatusCode.OK)).Column("id")[0];
        await _ada.SendAsync(HttpMethod.Delete, $"/api/v1/wallets/{closed}", null, ("If-Match", "*")).Json(HttpStatusCode.NoContent);
        await OnlyAsManyAsAllowed("too_many_wallets", _ => Open(), allowed: 1);

        Task<HttpResponseMessage> Open() => _ada.SendAsync(HttpMethod.Post, "/api/v1/wallets", new { name = "Wallet", currency = "EUR" });
    }

    [Fact]
    [Trait("Category", "Cases")]
    public async Task Characters_of_a_person_are_no_more_than_allowed()
    {
        await OnlyAsManyAsAllowed("too_many_characters", _ => _ada.Create(CharacterCalls.Sheet()));
        var id = await DeleteOne();
        await _ada.CreateCharacter();
        await Restore(id).Problem(HttpStatusCode.Conflict, "too_many_characters");

        // One that is there already is restored by doing nothing.
        var here = await One();
        await Restore(here).Json(HttpStatusCode.OK);
        await DeleteOne();
        await Restore(id).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Deleted_records_are_bounded_too()
    {
        for (var created = 0; created < 10 * Limit; created++)
        {
            var (id, tag) = await _ada.CreateCharacter();
            await _ada.Delete(id, tag).Json(HttpStatusCode.NoContent);
        }

        await _ada.Create(CharacterCalls.Sheet()).Problem(HttpStatusCode.Conflict, "too_many_characters");
    }

    [Fact]
    public async Task Forecasts_of_a_person_that_are_not_settled_are_no_more_than_allowed()
    {
        var events = new List<string>();
        for (var n = 0; n < AtOnce; n++)
            events.Add((await _manager.Announce()).Id);
        var answers = await OnlyAsManyAsAllowed("too_many_forecasts", n => _ada.Forecast(events[n]));

        var place = Array.FindIndex(answers, answer => answer == HttpStatusCode.Created);
        var free = events[Array.FindIndex(answers, answer => answer != HttpStatusCode.Created)];
        await _ada.Forecast(free).Problem(HttpStatusCode.Conflict, "too_many_forecasts");
        await _manager.SetResult(events[place]).Json(HttpStatusCode.OK);
        await _ada.Settled(events[place]);
        await _ada.Forecast(free).Json(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Open_holds_of_a_person_are_no_more_than_allowed_in_all_wallets_together()
    {
        Guid[] from = [await Funded(), await Funded(), await Funded()];
        var to = await (await App.SignUpAsync()).OpenWalletAsync();
        await OnlyAsManyAsAllowed("too_many_holds", n => _ada.PostAsync(App, "holds", Transfer(from[n % from.Length], to, "1.00")));
        await _ada.TransferAsync(App, from[0], to, "1.00");

        var hold = await App.Database.ScalarAsync<Guid>(
            "SELECT id FROM ledger.holds WHERE created_by = $1 AND status = 'open' LIMIT 1", _ada.Id);
        await _ada.PostAsync(App, $"holds/{hold}/capture", new { amount = Money("0.50") }).Json(HttpStatusCode.OK);
        await _ada.PostAsync(App, "holds", Transfer(from[0], to, "1.00"), "refused").Problem(HttpStatusCode.Conflict, "too_many_holds");
        await _ada.PostAsync(App, $"holds/{hold}/void", new { }).Json(HttpStatusCode.OK);
        await OnlyAsManyAsAllowed(
            "too_many_holds", n => _ada.PostAsync(App, "holds", Transfer(from[n % from.Length], to, "1.00")), allowed: 1);
        // The refusal was a decision on the state of the ledger, and stays with its key.
        await _ada.PostAsync(App, "holds", Transfer(from[0], to, "1.00"), "refused").Problem(HttpStatusCode.Conflict, "too_many_holds");
    }

    [Fact]
    public async Task Open_quotes_of_a_person_are_no_more_than_allowed()
    {
        var (from, to) = (await _ada.OpenWalletAsync(), await _ada.OpenWalletAsync("USD"));
        await _manager.SetRateAsync("EUR", "USD", "1.10").Json(HttpStatusCode.OK);

        var answers = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => _ada.QuoteAsync(App, from, to, Money("1.00"))));

        Assert.Equal(Limit, answers.Count(answer => answer.IsSuccessStatusCode));
        foreach (var answer in answers.Where(answer => !answer.IsSuccessStatusCode))
            await answer.Problem(HttpStatusCode.TooManyRequests, "too_many_quotes");
    }

    [Fact]
    [Trait("Category", "Cases")]
    public async Task One_movement_is_no_larger_than_allowed_and_a_refused_one_concerns_nobody_else()
    {
        var (mine, other) = (await _ada.OpenWalletAsync(), await (await App.SignUpAsync()).OpenWalletAsync());
        foreach (var amount in (string[])["1000.51", "792281625142643375935439503.35"])
        {
            await _manager.PostAsync(App, "deposits", new { walletId = mine, amount = Money(amount) })
                .Problem(HttpStatusCode.UnprocessableEntity, "amount_too_large");
            await _ada.PostAsync(App, "transfers", Transfer(mine, other, amount))
                .Problem(HttpStatusCode.UnprocessableEntity, "amount_too_large");
            await _ada.PostAsync(App, "holds", Transfer(mine, other, amount))
                .Problem(HttpStatusCode.UnprocessableEntity, "amount_too_large");
        }

        await _manager.DepositAsync(App, mine, "1000.50");
        await _manager.DepositAsync(App, other, "1000.50");
    }

    /// <summary>Sends many requests at once; as many succeed as are allowed, and all others get the error.</summary>
    private static async Task<HttpStatusCode[]> OnlyAsManyAsAllowed(
        string code, Func<int, Task<HttpResponseMessage>> send, int allowed = Limit)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(send));
        Assert.Equal(allowed, answers.Count(answer => answer.StatusCode == HttpStatusCode.Created));
        foreach (var answer in answers.Where(answer => answer.StatusCode != HttpStatusCode.Created))
            await answer.Problem(HttpStatusCode.Conflict, code);
        return [.. answers.Select(answer => answer.StatusCode)];
    }

    private Task<Guid> Funded() => _ada.OpenWalletWithAsync(App, _manager, "100.00");

    private async Task<string> One() => (await _ada.GetAsync(CharacterCalls.Path).Json(HttpStatusCode.OK)).Column("id")[0];

    private async Task<string> DeleteOne()
    {
        var id = await One();
        await _ada.Delete(id, "*").Json(HttpStatusCode.NoContent);
        return id;
    }

    private Task<HttpResponseMessage> Restore(string id) => _ada.SendAsync(HttpMethod.Post, $"{CharacterCalls.Path}/{id}/restore");
}
