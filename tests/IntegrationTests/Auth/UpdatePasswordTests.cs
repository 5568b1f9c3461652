using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Auth;
using Portico.Testing;

namespace Portico.IntegrationTests.Auth;

public sealed class UpdatePasswordTests : PorticoTests
{
    [Fact]
    public async Task Continues_this_session_with_new_tokens_and_ends_every_other_one()
    {
        var person = await App.SignUpAsync();
        var session = (await Check(person)).Text("sid");
        var other = new TestPerson(App, person.Email, person.Password);
        other.Take(await person.LogInAsync().Json(HttpStatusCode.OK));
        var before = person.RefreshToken;

        var newPassword = NewPassword();
        var tokens = await person.UpdatePasswordAsync(newPassword).Json(HttpStatusCode.OK);
        Assert.Equal(session, tokens.Text("sessionId"));
        person.Take(tokens);
        Assert.NotEqual(before, person.RefreshToken);
        Assert.Equal(session, (await Check(person)).Text("sid"));
        person.Take(await person.RefreshAsync().Json(HttpStatusCode.OK));
        Assert.Equal(session, (await Check(person)).Text("sid"));

        await other.GetAsync("/api/v1/auth/check").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        await other.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        await person.LogInAsync().Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        await person.LogInAsync(newPassword).Json(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Category", "Cases")]
    public async Task Leaves_no_grace_to_the_refresh_token_before_it_and_continues_the_session()
    {
        var person = await App.SignUpAsync();
        var before = person.RefreshToken;
        person.Take(await person.UpdatePasswordAsync(NewPassword()).Json(HttpStatusCode.OK));
        await person.RefreshAsync(before).Problem(HttpStatusCode.Unauthorized, "refresh_superseded");
        person.Take(await person.RefreshAsync().Json(HttpStatusCode.OK));
        await person.RefreshAsync(before).Problem(HttpStatusCode.Unauthorized, "refresh_superseded");
        await person.RefreshAsync().Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Keeps_the_session_when_another_tab_refreshes_between_the_commit_and_the_new_tokens()
    {
        var person = await App.SignUpAsync();
        var sessions = App.Services.GetRequiredService<ISessions>();
        Assert.True(await sessions.Announce(person.Id, person.SessionId, default));
        await App.Database.ExecuteAsync("UPDATE users SET session_version = session_version + 1 WHERE id = $1", person.Id);
        await person.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "refresh_superseded");

        var ticket = await sessions.Continue(person.Id, person.SessionId, 1, default);
        await person.RefreshAsync(ticket.Value.RefreshToken).Json(HttpStatusCode.OK);
        Assert.False(await sessions.EndOutdated(person.Id, person.SessionId, 1, default));
        Assert.False(await sessions.Announce(person.Id, Guid.CreateVersion7(), default));
    }

    [Fact]
    public async Task Ends_the_session_when_a_refresh_token_from_long_before_comes_back()
    {
        var person = await App.SignUpAsync();
        var stolen = person.RefreshToken;
        person.Take(await person.RefreshAsync().Json(HttpStatusCode.OK));
        person.Take(await person.UpdatePasswordAsync(NewPassword()).Json(HttpStatusCode.OK));
        await App.EndGraceAsync(person);
        await person.RefreshAsync(stolen).Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        await person.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
    }

    [Fact]
    public async Task Answers_another_persons_id_as_a_missing_one_and_changes_nothing()
    {
        var person = await App.SignUpAsync();
        var victim = await App.SignUpAsync();
        var victimId = (await Check(victim)).GetProperty("sub").GetGuid();
        foreach (var userId in new[] { victimId, Guid.CreateVersion7() })
            await person.UpdatePasswordAsync(NewPassword(), userId: userId).Problem(HttpStatusCode.NotFound, "not_found");
        await victim.LogInAsync().Json(HttpStatusCode.OK);
        await person.LogInAsync().Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Counts_guesses_of_the_old_password_together_with_those_of_sign_in()
    {
        var person = await App.SignUpAsync();
        await person.LogInAsync("wrong password").Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        for (var failure = 2; failure <= 3; failure++)
            await person.UpdatePasswordAsync(NewPassword(), oldPassword: "wrong password")
                .Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        using var delayed = await person.UpdatePasswordAsync(NewPassword());
        Assert.Equal(HttpStatusCode.TooManyRequests, delayed.StatusCode);
        Assert.NotNull(delayed.Headers.RetryAfter);
        using var signIn = await person.LogInAsync();
        Assert.Equal(HttpStatusCode.TooManyRequests, signIn.StatusCode);
    }

    [Fact]
    public async Task Lets_the_first_of_changes_at_the_same_time_win()
    {
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Settings =
            {
                ["SignIn:FreeFailures"] = "20",
                ["SignIn:ChallengeAfter"] = "20",
                ["SignIn:ChallengeAddressAfter"] = "20"
            },
        });
        var person = await app.SignUpAsync();
        var candidates = Enumerable.Range(0, 8).Select(_ => NewPassword()).ToArray();
        var userId = (await Check(person)).GetProperty("sub").GetGuid();
        var answers = await Task.WhenAll(candidates.Select(candidate => person.UpdatePasswordAsync(candidate, userId: userId)));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(7, answers.Count(answer => answer.StatusCode == HttpStatusCode.Unauthorized));
        await person.LogInAsync(candidates[Array.FindIndex(answers, answer => answer.StatusCode == HttpStatusCode.OK)])
            .Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Is_noted_in_the_audit_log_without_a_secret()
    {
        var person = await App.SignUpAsync();
        await person.UpdatePasswordAsync(NewPassword(), oldPassword: "wrong password")
            .Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        await person.UpdatePasswordAsync(NewPassword()).Json(HttpStatusCode.OK);
        Assert.Equal(
            $"user.password_changed {person.Id} {person.SessionId}",
            await App.Database.TextAsync(
                "SELECT string_agg(concat_ws(' ', action, actor, session_id, before, after), ',') FROM audit_log WHERE subject_id = $1",
                $"{person.Id}"));
    }

    [Fact]
    public async Task Needs_a_token()
    {
        var request = new UpdatePassword { UserId = Guid.CreateVersion7(), OldPassword = "correct horse", NewPassword = "another horse" };
        await App.Client.Post("auth/update-password", request).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    private static string NewPassword() => $"another horse {Guid.NewGuid():N}";

    private static Task<System.Text.Json.JsonElement> Check(TestPerson person) =>
        person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
}
