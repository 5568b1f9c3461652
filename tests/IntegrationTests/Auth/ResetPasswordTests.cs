using System.Net;
using System.Text.Json;
using Portico.Testing;

namespace Portico.IntegrationTests.Auth;

public sealed class ResetPasswordTests : PorticoTests
{
    [Theory]
    [InlineData("forgotten")]
    [InlineData("compromised")]
    public async Task Sends_a_code_that_sets_another_password_and_only_then_ends_every_session(string reason)
    {
        var person = await App.SignUpAsync();
        var other = new TestPerson(App, person.Email, person.Password);
        other.Take(await person.LogInAsync().Json(HttpStatusCode.OK));
        var registrationCode = await App.CodeAsync(person.Email);

        var answer = await Ask(person.Email, reason).Json(HttpStatusCode.Accepted);
        Assert.Matches("""^{"requestId":"[A-Za-z0-9_-]{22}","expiresIn":600,"resendAfter":60}$""", answer.ToString());
        var code = await NextCode(person.Email, registrationCode);
        await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        other.Take(await other.RefreshAsync().Json(HttpStatusCode.OK));

        var newPassword = $"another horse {Guid.NewGuid():N}";
        await Confirm(person.Email, code, newPassword).Json(HttpStatusCode.NoContent);
        foreach (var signedOut in new[] { person, other })
        {
            await signedOut.GetAsync("/api/v1/auth/check").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
            await signedOut.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        }

        await person.LogInAsync().Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        await person.LogInAsync(newPassword).Json(HttpStatusCode.OK);
        await Confirm(person.Email, code, newPassword).Problem(HttpStatusCode.BadRequest, "invalid_code");
        Assert.Equal(
            "user.password_reset",
            await App.Database.TextAsync(
                "SELECT string_agg(action, ',') FROM audit_log WHERE subject_id = $1 AND actor IS NULL", $"{person.Id}"));
    }

    [Fact]
    public async Task Answers_alike_with_and_without_an_account_the_limits_included()
    {
        var person = await App.SignUpAsync();
        var stranger = PorticoApp.NewEmail();
        using var known = await Ask(person.Email);
        using var unknown = await Ask(stranger);
        await AssertAlike(known, unknown, HttpStatusCode.Accepted);

        using var knownAgain = await Ask(person.Email);
        using var unknownAgain = await Ask(stranger);
        Assert.Equal(HttpStatusCode.TooManyRequests, knownAgain.StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, unknownAgain.StatusCode);
        Assert.Equal(Names(knownAgain), Names(unknownAgain));
        Assert.InRange(unknownAgain.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 50, 60);

        using var knownGuess = await Confirm(person.Email, "000000", "another horse");
        using var unknownGuess = await Confirm(stranger, "000000", "another horse");
        Assert.Equal(HttpStatusCode.BadRequest, knownGuess.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, unknownGuess.StatusCode);
    }

    [Fact]
    public async Task Sends_nothing_to_an_address_without_an_account()
    {
        var stranger = PorticoApp.NewEmail();
        await Ask(stranger).Json(HttpStatusCode.Accepted);

        // Messages leave about in the order in which they were asked for, so two later ones have passed it.
        var person = await App.SignUpAsync();
        var code = await App.CodeAsync(person.Email);
        await Ask(person.Email).Json(HttpStatusCode.Accepted);
        await NextCode(person.Email, code);
        Assert.DoesNotContain(
            Directory.GetFiles(App.Mailbox, "*.eml"), file => File.ReadAllText(file).Contains(stranger, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Accepts_no_code_that_was_sent_for_something_else()
    {
        var email = PorticoApp.NewEmail();
        await App.Client.Post("auth/verify-code", new { email, reason = "registration" }).Json(HttpStatusCode.Accepted);
        await Confirm(email, await App.CodeAsync(email), "another horse").Problem(HttpStatusCode.BadRequest, "invalid_code");
    }

    [Fact]
    public async Task Refuses_a_reason_that_there_is_not()
    {
        await Ask(PorticoApp.NewEmail(), "bored").Problem(HttpStatusCode.BadRequest, "validation_failed");
        await App.Client.Post("auth/reset-password", new { reason = "forgotten" }).Problem(HttpStatusCode.BadRequest, "validation_failed");
    }

    private static async Task AssertAlike(HttpResponseMessage known, HttpResponseMessage unknown, HttpStatusCode status)
    {
        Assert.Equal(status, known.StatusCode);
        Assert.Equal(status, unknown.StatusCode);
        Assert.Equal(WithoutId(await known.Json(status)), WithoutId(await unknown.Json(status)));
        Assert.Equal(Names(known), Names(unknown));
    }

    // The id is random.
    private static string WithoutId(JsonElement answer) =>
        answer.ToString().Replace(answer.Text("requestId"), new string('x', answer.Text("requestId").Length), StringComparison.Ordinal);

    private static IEnumerable<string> Names(HttpResponseMessage response) =>
        response.Headers.Concat(response.Content.Headers).Select(header => header.Key).Order(StringComparer.Ordinal);

    private Task<HttpResponseMessage> Ask(string email, string reason = "forgotten") =>
        App.Client.Post("auth/reset-password", new { email, reason });

    private Task<HttpResponseMessage> Confirm(string email, string code, string newPassword) =>
        App.Client.Post("auth/confirm-reset-password", new { email, code, newPassword });

    private async Task<string> NextCode(string email, string previous)
    {
        var code = "";
        await Eventually.Holds(async () => (code = await App.CodeAsync(email)) != previous, "another code");
        return code;
    }
}
