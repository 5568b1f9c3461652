using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Auth;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Persistence;
using Portico.Application.Users;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Users;

public sealed class DeleteAccountTests : PorticoTests
{
    [Fact]
    public async Task Ends_every_session_and_lets_nobody_in_any_more()
    {
        var person = await App.SignUpAsync();
        var elsewhere = new TestPerson(App, person.Email, person.Password);
        elsewhere.Take(await elsewhere.LogInAsync().Json(HttpStatusCode.OK));
        await Leave(person).Json(HttpStatusCode.NoContent);
        foreach (var session in (TestPerson[])[person, elsewhere])
        {
            await session.GetAsync("/api/v1/users/me").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
            await session.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        }

        var known = await person.LogInAsync().Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        var unknown = await App.Client.Post("auth/login", new { email = PorticoApp.NewEmail(), person.Password })
            .Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        Assert.Equal(unknown.Text("detail"), known.Text("detail"));

        var note = Assert.Single(await Notes(person.Id));
        Assert.Equal((AuditActions.UserDeleted, person.Id), (note.Action, note.Actor));
    }

    [Fact]
    public async Task Needs_the_password_and_counts_guesses_together_with_those_of_sign_in()
    {
        var person = await App.SignUpAsync();
        await person.LogInAsync("wrong password").Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        for (var failure = 2; failure <= 3; failure++)
            await Leave(person, "wrong password").Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        using var delayed = await Leave(person);
        Assert.Equal(HttpStatusCode.TooManyRequests, delayed.StatusCode);
        Assert.NotNull(delayed.Headers.RetryAfter);
        await person.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK);
        Assert.Empty(await Notes(person.Id));
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"password":""}""")]
    [InlineData("""{"password":null}""")]
    public async Task Refuses_no_password(string body)
    {
        var person = await App.SignUpAsync();
        var problem = await person.SendAsync(
            HttpMethod.Delete, "/api/v1/users/me", System.Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>(body))
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.True(problem.GetProperty("errors").TryGetProperty("password", out _));
    }

    [Fact]
    public async Task Is_refused_while_there_is_money()
    {
        var manager = await App.SignUpAsync(Role.Manager);
        var person = await App.SignUpAsync();
        var wallet = (
            await person.SendAsync(HttpMethod.Post, "/api/v1/wallets", new { name = "Travel", currency = "EUR" })
                .Json(HttpStatusCode.Created))
            .Text("id");
        Task<HttpResponseMessage> Move(string what) => manager.SendAsync(
            HttpMethod.Post, $"/api/v1/{what}", new { walletId = wallet, amount = new { amount = "12.34", currency = "EUR" } },
            ("Idempotency-Key", Guid.NewGuid().ToString()));

        await Move("deposits").Json(HttpStatusCode.Created);
        await Leave(person).Problem(HttpStatusCode.Conflict, "wallets_not_empty");
        await person.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK);
        Assert.Empty(await Notes(person.Id));
        await Move("withdrawals").Json(HttpStatusCode.Created);
        await Leave(person).Json(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Keeps_the_address_for_the_retention_time_in_which_the_person_can_be_restored()
    {
        var admin = await App.SignUpAsync(Role.Admin);
        var person = await App.SignUpAsync();
        await Leave(person).Json(HttpStatusCode.NoContent);
        await DeletedAgo(person, "29 days");
        await Register(person.Email).Problem(HttpStatusCode.Conflict, "already_registered");
        await Restore(admin, person).Json(HttpStatusCode.OK);
        await person.LogInAsync().Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Frees_the_address_after_the_retention_time_for_who_signs_up_with_it()
    {
        var admin = await App.SignUpAsync(Role.Admin);
        var person = await App.SignUpAsync();
        await Leave(person).Json(HttpStatusCode.NoContent);
        await DeletedAgo(person, "31 days");

        var next = new TestPerson(App, person.Email, "the next holder's own");
        next.Take(await Register(person.Email, next.Password).Json(HttpStatusCode.Created));
        Assert.NotEqual(person.Id, next.Id);
        await person.LogInAsync().Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        await next.LogInAsync().Json(HttpStatusCode.OK);

        var gone = await admin.GetAsync($"/api/v1/users/{person.Id}").Json(HttpStatusCode.OK);
        Assert.Null(gone.GetProperty("email").GetString());
        Assert.Null(gone.GetProperty("emailVerifiedAt").GetString());
        await Restore(admin, person).Problem(HttpStatusCode.Conflict, "address_freed");
        var freed = (await Notes(person.Id))[0];
        Assert.Equal(AuditActions.UserAddressFreed, freed.Action);
        Assert.DoesNotContain(person.Email, $"{freed.Before}{freed.After}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Frees_the_address_for_who_changes_to_it_too()
    {
        var person = await App.SignUpAsync();
        await Leave(person).Json(HttpStatusCode.NoContent);
        await DeletedAgo(person, "31 days");
        var registration = await App.CodeAsync(person.Email);

        var next = await App.SignUpAsync();
        await next.SendAsync(HttpMethod.Post, "/api/v1/auth/verify-code", new { email = person.Email, reason = "changeContact" })
            .Json(HttpStatusCode.Accepted);
        var code = await Eventually.Get(
            async () => await App.CodeAsync(person.Email) is var newest && newest != registration ? newest : null, "the second code");
        var me = await next.SendAsync(HttpMethod.Put, "/api/v1/users/me/contact", new { email = person.Email, code, next.Password })
            .Json(HttpStatusCode.OK);
        Assert.Equal(person.Email, me.Text("email"));
    }

    [Fact]
    public async Task Gives_a_freed_address_to_one_of_those_who_race_for_it()
    {
        var person = await App.SignUpAsync();
        await Leave(person).Json(HttpStatusCode.NoContent);
        await DeletedAgo(person, "31 days");
        Assert.True(ContactAddress.TryParseEmail(person.Email, out var address));
        var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(async n =>
        {
            await using var scope = App.Services.CreateAsyncScope();
            return await scope.ServiceProvider.GetRequiredService<ITransaction>().Run<Result<Guid>>(
                async token =>
                {
                    await scope.ServiceProvider.GetRequiredService<IAddressRelease>().ReleaseExpired(address, token);
                    var next = User.Register(address, $"Next {n}", "en", DateTimeOffset.UtcNow);
                    scope.ServiceProvider.GetRequiredService<IAppDbContext>().Users.Add(next);
                    return next.Id;
                },
                default);
        }));
        Assert.Single(results, result => result.IsSuccess);
        Assert.All(results.Where(result => !result.IsSuccess), result => Assert.Equal("already_registered", result.Error?.Code));
        Assert.Single(await Notes(person.Id), note => note.Action == AuditActions.UserAddressFreed);
    }

    [Fact]
    public async Task Happens_once_when_it_is_asked_for_many_times_at_once()
    {
        await using var app = await AnotherAsync();
        var person = await app.SignUpAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Leave(person)));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.NoContent);
        Assert.All(
            answers,
            answer =>
                Assert.Contains(
                    answer.StatusCode, new[] { HttpStatusCode.NoContent, HttpStatusCode.Unauthorized, HttpStatusCode.NotFound }));
        Assert.Single(await Notes(person.Id));
    }

    [Fact]
    public async Task Leaves_no_secret_in_the_audit_log()
    {
        var admin = await App.SignUpAsync(Role.Admin);
        var person = await App.SignUpAsync();
        await admin.SendAsync(HttpMethod.Post, $"/api/v1/users/{person.Id}/block", new { reason = "A test." }).Json(HttpStatusCode.OK);
        await admin.SendAsync(HttpMethod.Post, $"/api/v1/users/{person.Id}/unblock").Json(HttpStatusCode.OK);
        person.Take(await person.LogInAsync().Json(HttpStatusCode.OK));
        await Leave(person).Json(HttpStatusCode.NoContent);

        // All that any test has noted until now.
        await using var scope = App.Services.CreateAsyncScope();
        var all = await scope.ServiceProvider.GetRequiredService<IAppDbContext>().AuditEntries.ToListAsync();
        Assert.All(all, entry =>
        {
            var text = $"{entry.Before} {entry.After}";
            foreach (var secret in (string[])[person.Password, person.AccessToken, person.RefreshToken, "eyJ", "AQAAAA", "PRIVATE KEY"])
                Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
            // The id of a secret is none.
            Assert.DoesNotMatch("(?i)\"[^\"]*(password|secret|hash|token|code)\":", text);
        });
        Assert.True((await Notes(person.Id)).Length >= 3);
    }

    private static Task<HttpResponseMessage> Leave(TestPerson person, string? password = null) =>
        person.SendAsync(HttpMethod.Delete, "/api/v1/users/me", new DeleteAccount { Password = password ?? person.Password });

    private static Task<HttpResponseMessage> Restore(TestPerson admin, TestPerson person) =>
        admin.SendAsync(HttpMethod.Post, $"/api/v1/users/{person.Id}/restore");

    private Task DeletedAgo(TestPerson person, string ago) =>
        App.Database.ExecuteAsync($"UPDATE users SET deleted_at = now() - interval '{ago}' WHERE id = $1", person.Id);

    /// <summary>Signs up on another replica, whose Redis knows nothing of the first code and its pause.</summary>
    private async Task<HttpResponseMessage> Register(string email, string password = "correct horse battery")
    {
        await using var app = await AnotherAsync();
        await app.Client.Post("auth/verify-code", new { email, reason = "registration" }).Json(HttpStatusCode.Accepted);
        var answer = await app.Client.Post(
            "auth/register", new { email, code = await app.CodeAsync(email), password, displayName = "Next" });
        await answer.Content.LoadIntoBufferAsync();
        return answer;
    }

    private Task<PorticoApp> AnotherAsync() => PorticoApp.StartAsync(new PorticoAppOptions
    {
        Database = App.Database,
        Settings = { ["SignIn:FreeFailures"] = "20" },
    });

    private async Task<AuditEntry[]> Notes(Guid subject)
    {
        await using var scope = App.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IAppDbContext>().AuditEntries
            .Where(entry => entry.SubjectId == subject.ToString()).OrderByDescending(entry => entry.At).ToArrayAsync();
    }
}
