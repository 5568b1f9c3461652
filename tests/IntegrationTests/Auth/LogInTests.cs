using System.Net;
using Portico.Testing;

namespace Portico.IntegrationTests.Auth;

public sealed class LogInTests : IAsyncLifetime
{
    private PorticoApp _app = null!;

    public async Task InitializeAsync() => _app = await PorticoApp.SharedAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Signs_in_with_the_address_in_any_case()
    {
        var person = await _app.SignUpAsync();
        var tokens = await _app.Client.Post("auth/login", new { email = person.Email.ToUpperInvariant(), person.Password }).Json(HttpStatusCode.OK);
        person.Take(tokens);
        var check = await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        Assert.Equal(tokens.Text("sessionId"), check.Text("sid"));
        Assert.Equal("""["user"]""", check.GetProperty("roles").ToString());
        Assert.Equal("[]", check.GetProperty("permissions").ToString());
    }

    [Fact]
    public async Task Answers_a_wrong_password_and_an_unknown_address_alike()
    {
        var person = await _app.SignUpAsync();
        var wrong = await person.LogInAsync("not the password").Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        var unknown = await _app.Client.Post("auth/login", new { email = PorticoApp.NewEmail(), password = "not the password" })
            .Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        Assert.Equal(wrong.Text("detail"), unknown.Text("detail"));
        Assert.Equal(wrong.EnumerateObject().Select(p => p.Name), unknown.EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public async Task Delays_from_the_third_failure_on_and_the_owner_signs_in_after_it()
    {
        var person = await _app.SignUpAsync();
        for (var failure = 1; failure <= 3; failure++)
            await person.LogInAsync("wrong password").Problem(HttpStatusCode.Unauthorized, "invalid_credentials");

        using var delayed = await person.LogInAsync();
        Assert.Equal(HttpStatusCode.TooManyRequests, delayed.StatusCode);
        Assert.NotNull(delayed.Headers.RetryAfter);
        await Eventually.Holds(
            async () =>
            {
                using var answer = await person.LogInAsync();
                return answer.StatusCode == HttpStatusCode.OK;
            },
            "the end of the delay");

        // The count starts anew.
        await person.LogInAsync("wrong password").Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        await person.LogInAsync().Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Judges_no_more_passwords_in_a_race_than_one_by_one()
    {
        var person = await _app.SignUpAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(n => person.LogInAsync($"wrong password {n}")));
        Assert.Equal(3, answers.Count(answer => answer.StatusCode == HttpStatusCode.Unauthorized));
        Assert.Equal(29, answers.Count(answer => answer.StatusCode == HttpStatusCode.TooManyRequests));
    }
}
