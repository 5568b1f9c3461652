using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Idempotency;
using Portico.IntegrationTests.Characters;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;
using Portico.WebApi.Http;

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
    public async Task A_refusal_that_is_stored_has_no_effect_after_the_commit()
    {
        await using var scope = App.Services.CreateAsyncScope();
        var transaction = scope.ServiceProvider.GetRequiredService<ITransaction>();
        var store = scope.ServiceProvider.GetRequiredService<IIdempotencyStore>();
        var effects = new List<string>();

        foreach (var error in (Error?[])[new Error(ErrorKind.Conflict, "refused", "It is refused."), null])
        {
            var (result, _) = await store.Once<Result<Unit>>(
                new IdempotencyKey(_ada.Id, $"{Guid.NewGuid()}", new RequestFingerprint("test", [], [])),
                _ =>
                {
                    transaction.AfterCommit(_ =>
                    {
                        effects.Add(error?.Code ?? "done");
                        return Task.CompletedTask;
                    });
                    return Task.FromResult<Result<Unit>>(error is null ? Unit.Value : error);
                },
                _ => new StoredAnswer(200, [], ReadOnlyMemory<byte>.Empty),
                default);
            Assert.Equal(error, result?.Error);
        }

        Assert.Equal(["done"], effects);
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

    /// <summary>The same request as a reader of JSON sees it.</summary>
    public static TheoryData<string> SameTransfers() =>
    [
        """{"amount":{"currency":"EUR","amount":"1.00"},"toWalletId":"{to}","fromWalletId":"{from}"}""",
        """  { "fromWalletId" : "{from}",  "toWalletId":"{to}", "amount":{"amount":"1.00", "currency":"EUR"} }  """,
        """{"from\u0057alletId":"{from}","toWalletId":"{to}","amount":{"amount":"1.0\u0030","currency":"\u0045UR"}}""",
        """{"fromWalletId":"{from}","toWalletId":"{to}","amount":{"amount":"1.00","currency":"EUR"},"description":null}""",
    ];

    [Theory]
    [MemberData(nameof(SameTransfers))]
    [Trait("Category", "Cases")]
    public async Task Takes_a_request_about_money_for_the_same_by_its_meaning(string again)
    {
        var (from, to) = (await _ada.OpenWalletAsync(), await _ada.OpenWalletAsync());
        await (await App.ManagerAsync()).DepositAsync(App, from, "5.00");
        string Filled(string json) =>
            json.Replace("{from}", $"{from}", StringComparison.Ordinal).Replace("{to}", $"{to}", StringComparison.Ordinal);
        const string First = """{"fromWalletId":"{from}","toWalletId":"{to}","amount":{"amount":"1.00","currency":"EUR"}}""";
        var key = $"{Guid.NewGuid()}";

        var moved = await Send("transfers", Filled(First), key).Json(HttpStatusCode.Created);
        using var replay = await Send("transfers", Filled(again), key);
        Assert.Equal(moved.Text("id"), (await replay.Json(HttpStatusCode.Created)).Text("id"));
        Assert.True(replay.Headers.Contains("Idempotency-Replayed"));

        var other = await Send("transfers", Filled(again.Replace("1.0", "2.0", StringComparison.Ordinal)), key)
            .Problem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        Assert.Contains("another value of amount.", other.Text("detail"), StringComparison.Ordinal);
        Assert.DoesNotContain("2.0", other.Text("detail"), StringComparison.Ordinal);
        Assert.Equal(4m, (await _ada.BalanceAsync(from)).Balance);
    }

    [Theory]
    [InlineData("""{"currency":"EUR","name":"Sparen"}""")]
    [InlineData(""" {"name" : "Sp\u0061ren", "currency":"EUR" } """)]
    [Trait("Category", "Cases")]
    public async Task Takes_any_request_for_the_same_by_its_meaning(string again)
    {
        var key = $"{Guid.NewGuid()}";
        var opened = await Send("wallets", """{"name":"Sparen","currency":"EUR"}""", key).Json(HttpStatusCode.Created);
        Assert.Equal(opened.Text("id"), (await Send("wallets", again, key).Json(HttpStatusCode.Created)).Text("id"));

        var other = await Send("wallets", """{"name":"Geheim","currency":"USD"}""", key)
            .Problem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        Assert.Contains("another value of currency, name.", other.Text("detail"), StringComparison.Ordinal);
        Assert.DoesNotContain("Geheim", other.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Category", "Cases")]
    public async Task Refuses_one_key_for_money_and_for_something_else()
    {
        var (from, to) = (await _ada.OpenWalletAsync(), await _ada.OpenWalletAsync());
        await (await App.ManagerAsync()).DepositAsync(App, from, "5.00");
        var wallet = new { name = "Third", currency = "EUR" };

        await _ada.PostAsync(App, "transfers", LedgerPeople.Transfer(from, to, "1.00"), "money").Json(HttpStatusCode.Created);
        var second = await _ada.PostAsync(App, "wallets", wallet, "money")
            .Problem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        Assert.Contains("to another address.", second.Text("detail"), StringComparison.Ordinal);
        await Restore($"{from}", "money").Problem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");

        await _ada.PostAsync(App, "wallets", wallet, "wallet").Json(HttpStatusCode.Created);
        second = await _ada.PostAsync(App, "transfers", LedgerPeople.Transfer(from, to, "1.00"), "wallet")
            .Problem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        Assert.Contains("to another address.", second.Text("detail"), StringComparison.Ordinal);
        using var replay = await _ada.PostAsync(App, "wallets", wallet, "wallet");
        Assert.True(replay.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal(4m, (await _ada.BalanceAsync(from)).Balance);
    }

    [Fact]
    public async Task Lets_one_of_two_requests_that_race_for_a_key_have_it()
    {
        var (from, to) = (await _ada.OpenWalletAsync(), await _ada.OpenWalletAsync());
        await (await App.ManagerAsync()).DepositAsync(App, from, "50.00");
        for (var round = 0; round < 30; round++)
        {
            var key = $"race-{round}";
            var answers = await Task.WhenAll(
                _ada.PostAsync(App, "transfers", LedgerPeople.Transfer(from, to, "1.00"), key), Create(key, "Mira"));
            Assert.Equal(
                [HttpStatusCode.Created, HttpStatusCode.UnprocessableEntity], answers.Select(answer => answer.StatusCode).Order());
        }

        Assert.Equal(30, (await _ada.BalanceAsync(to)).Balance + (await AllNames()).Length);
    }

    [Fact]
    public async Task Replays_an_answer_of_an_older_shape()
    {
        const string Body = """{"title":"a field that is gone","level":"another type"}""";
        await Create("old-shape", "Mira").Json(HttpStatusCode.Created);
        await App.Database.ExecuteAsync(
            """
            UPDATE idempotency_answers SET status = 202, body = convert_to($2, 'UTF8'),
                headers = '{"Content-Type": "application/vnd.old+json", "Location": "/old"}'
            WHERE key = 'old-shape' AND owner_id = $1
            """,
            _ada.Id, Body);

        using var replay = await Create("old-shape", "Mira");
        Assert.Equal((HttpStatusCode.Accepted, Body), (replay.StatusCode, await replay.Content.ReadAsStringAsync()));
        Assert.Equal(("application/vnd.old+json", "/old"), ($"{replay.Content.Headers.ContentType}", $"{replay.Headers.Location}"));
        Assert.Equal("true", Assert.Single(replay.Headers.GetValues("Idempotency-Replayed")));
    }

    [Fact]
    public async Task Refuses_a_key_of_an_earlier_version()
    {
        await App.Database.ExecuteAsync(
            "INSERT INTO idempotency_answers (owner_id, key, fingerprint, created_at) VALUES ($1, 'earlier', $2, now())",
            _ada.Id, new byte[32]);
        await Create("earlier", "Mira").Problem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        Assert.Empty(await Names());
    }

    [Fact]
    public void Compares_no_request_that_was_not_bound()
    {
        var context = new DefaultHttpContext { Request = { Method = "POST", Headers = { ["Idempotency-Key"] = "k" } } };
        var caller = new SignedIn();
        var key = new HttpRequestKey(new HttpContextAccessor { HttpContext = context }, caller);
        Assert.Throws<InvalidOperationException>(() => key.Current);
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

        Assert.True(await Purge() >= 1);

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

        Assert.True(await Purge() >= 1);

        using var replayed = await manager.PostAsync(App, "deposits", deposit, young);
        using var again = await manager.PostAsync(App, "deposits", deposit, old);
        Assert.True(replayed.Headers.Contains("Idempotency-Replayed"));
        Assert.False(again.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal(3m, (await _ada.BalanceAsync(wallet)).Balance);
    }

    private async Task<HttpResponseMessage> Send(string path, string json, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/{path}");
        request.Headers.Authorization = new("Bearer", _ada.AccessToken);
        request.Headers.Add("Idempotency-Key", key);
        request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        return await App.Client.SendAsync(request);
    }

    private async Task<string[]> AllNames() =>
        (await _ada.GetAsync($"{CharacterCalls.Path}?limit=100").Json(HttpStatusCode.OK)).Names();

    private Task<HttpResponseMessage> Create(string key, string name) => _ada.Create(CharacterCalls.Sheet(name), ("Idempotency-Key", key));

    private Task<HttpResponseMessage> Restore(string id, string key) =>
        _ada.SendAsync(HttpMethod.Post, $"{CharacterCalls.Path}/{id}/restore", null, ("Idempotency-Key", key));

    private async Task<string[]> Names() => (await _ada.GetAsync(CharacterCalls.Path).Json(HttpStatusCode.OK)).Names();

    private async Task<long> Purge()
    {
        using var cleanup = ActivatorUtilities.CreateInstance<RetentionCleanup>(App.Services);
        return await cleanup.Purge(default);
    }

    private sealed class SignedIn : ICurrentUser
    {
        public AccessTokenClaims Claims { get; } = new()
        {
            Subject = Guid.CreateVersion7(),
            SessionId = Guid.CreateVersion7(),
            Roles = [],
            Permissions = [],
            Epoch = 0,
            ExpiresAt = DateTimeOffset.MaxValue,
        };
    }
}
