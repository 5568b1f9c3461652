using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Portico.Infrastructure.Idempotency;
using Portico.IntegrationTests.Characters;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Idempotency;

public sealed class IdempotencyTests : PorticoTests
{
    private TestPerson _ada = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _ada = await App.SignUpAsync();
    }

    [Fact]
    public async Task Replays_the_first_answer_to_the_byte()
    {
        using var first = await Create("k1", "Mira");
        using var second = await Create("k1", "Mira");

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (first.StatusCode, second.StatusCode));
        Assert.False(first.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal("true", Assert.Single(second.Headers.GetValues("Idempotency-Replayed")));
        Assert.Equal(await first.Content.ReadAsStringAsync(), await second.Content.ReadAsStringAsync());
        Assert.Equal((first.Headers.Location, first.Tag()), (second.Headers.Location, second.Tag()));
        Assert.Equal(["Mira"], await Names());
    }

    [Fact]
    public async Task Refuses_a_second_body_or_address_for_one_key()
    {
        var (id, _) = await _ada.CreateCharacter();
        await Create("k2", "Mira").Json(HttpStatusCode.Created);

        await Create("k2", "Other").Problem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        await Restore(id, "k2").Problem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        await Create("k2", "Mira").Json(HttpStatusCode.Created);
        Assert.Equal(2, (await Names()).Length);
    }

    [Fact]
    public async Task Belongs_to_the_person_who_chose_it()
    {
        var bob = await App.SignUpAsync();
        await Create("shared", "Mira").Json(HttpStatusCode.Created);

        using var other = await bob.Create(CharacterCalls.Sheet("Bob's"), ("Idempotency-Key", "shared"));
        Assert.Equal("Bob's", (await other.Json(HttpStatusCode.Created)).Text("name"));
        Assert.False(other.Headers.Contains("Idempotency-Replayed"));
    }

    [Fact]
    public async Task Does_once_what_arrives_many_times_at_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => Create("storm", "Mira")));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Created, answer.StatusCode));
        Assert.Single(answers, answer => !answer.Headers.Contains("Idempotency-Replayed"));
        Assert.Single((await Task.WhenAll(answers.Select(answer => answer.Content.ReadAsStringAsync()))).Distinct(StringComparer.Ordinal));
        Assert.Single(await Names());
    }

    [Fact]
    public async Task Keeps_a_refusal_but_no_failed_validation()
    {
        await Create("later", "").Problem(HttpStatusCode.BadRequest, "validation_failed");
        await Create("later", "Mira").Json(HttpStatusCode.Created);

        var missing = Guid.CreateVersion7().ToString();
        await Restore(missing, "gone").Problem(HttpStatusCode.NotFound, "not_found");
        using var again = await Restore(missing, "gone");
        Assert.Equal("true", Assert.Single(again.Headers.GetValues("Idempotency-Replayed")));
        await again.Problem(HttpStatusCode.NotFound, "not_found");
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData(null)]
    public async Task Refuses_a_key_that_is_none(string? key)
    {
        var problem = await Create(key ?? new string('k', 256), "Mira").Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal("Idempotency-Key", Assert.Single(problem.GetProperty("errors").EnumerateObject()).Name);
        Assert.Empty(await Names());
    }

    [Fact]
    public async Task Takes_the_longest_key_and_ignores_keys_where_they_mean_nothing()
    {
        await Create(string.Concat(Enumerable.Repeat("!~z", 85)), "Mira").Json(HttpStatusCode.Created);
        await _ada.SendAsync(HttpMethod.Get, CharacterCalls.Path, null, ("Idempotency-Key", "not valid")).Json(HttpStatusCode.OK);
        using var login =
            new HttpRequestMessage(HttpMethod.Post, "/api/v1/auth/logout") { Headers = { { "Idempotency-Key", "not valid" } } };
        login.Headers.Authorization = new("Bearer", _ada.AccessToken);
        await App.Client.SendAsync(login).Json(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Forgets_keys_after_their_time_only()
    {
        await Create("old", "Old").Json(HttpStatusCode.Created);
        await Create("young", "Young").Json(HttpStatusCode.Created);
        await App.Database.ExecuteAsync(
            """
            UPDATE idempotency_answers SET created_at = created_at - interval '90 days'
            WHERE key = 'old' AND owner_id = (SELECT id FROM users WHERE email = $1)
            """,
            _ada.Email);
        // Nobody but the owner may change a row of the ledger's keys.
        await App.Database.ExecuteAsOwnerAsync(
            "UPDATE ledger.idempotency SET recorded_at = recorded_at - interval '90 days' WHERE key = 'old' AND owner_id = $1", _ada.Id);

        Assert.True(await App.Services.GetRequiredService<IdempotencyCleanup>().Purge(default) >= 1);

        using var young = await Create("young", "Young");
        Assert.True(young.Headers.Contains("Idempotency-Replayed"));
        await Create("old", "New").Json(HttpStatusCode.Created);
        Assert.Equal(3, (await Names()).Length);
    }

    [Fact]
    public async Task Forgets_keys_of_money_after_their_time_only()
    {
        var wallet = await _ada.OpenWalletAsync();
        var manager = await App.ManagerAsync();
        var deposit = new { walletId = wallet, amount = LedgerPeople.Money("1.00") };
        var (old, young) = ($"{Guid.NewGuid()}", $"{Guid.NewGuid()}");
        foreach (var key in (string[])[old, young])
            await manager.PostAsync(App, "deposits", deposit, key).Json(HttpStatusCode.Created);
        // Nobody but the owner may change a row.
        await App.Database.ExecuteAsOwnerAsync(
            "UPDATE ledger.idempotency SET recorded_at = recorded_at - interval '90 days' WHERE key = $1", old);

        Assert.True(await App.Services.GetRequiredService<IdempotencyCleanup>().Purge(default) >= 1);

        using var replayed = await manager.PostAsync(App, "deposits", deposit, young);
        using var again = await manager.PostAsync(App, "deposits", deposit, old);
        Assert.True(replayed.Headers.Contains("Idempotency-Replayed"));
        Assert.False(again.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal(3m, (await _ada.BalanceAsync(wallet)).Balance);
    }

    private Task<HttpResponseMessage> Create(string key, string name) => _ada.Create(CharacterCalls.Sheet(name), ("Idempotency-Key", key));

    private Task<HttpResponseMessage> Restore(string id, string key) =>
        _ada.SendAsync(HttpMethod.Post, $"{CharacterCalls.Path}/{id}/restore", null, ("Idempotency-Key", key));

    private async Task<string[]> Names() => (await _ada.GetAsync(CharacterCalls.Path).Json(HttpStatusCode.OK)).Names();
}
