using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Portico.Testing;

namespace Portico.IntegrationTests.Auth;

/// <summary>The second proof that sign-in asks for after repeated failures.</summary>
public sealed class VerifyChallengeTests : IAsyncLifetime
{
    private PorticoApp _app = null!;

    public async Task InitializeAsync() => _app = await PorticoApp.StartAsync(new PorticoAppOptions
    {
        Settings =
        {
            // Who stands behind the trusted proxy is whom the test says.
            ["Proxies:Trusted:0"] = "127.0.0.1",
            ["SignIn:FreeFailures"] = "20",
            ["SignIn:ChallengeAfter"] = "3",
            ["SignIn:ChallengeAddressAfter"] = "6",
            ["Otp:ResendAfter"] = "00:00:01",
        },
    });

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task Signs_the_owner_in_with_password_and_code()
    {
        var person = await _app.SignUpAsync();
        await Fail(person.Email, 3);

        var challenge = await LogIn(person.Email, person.Password).Json(HttpStatusCode.Accepted);
        Assert.Equal("""["addressCode"]""", challenge.GetProperty("methods").ToString());
        Assert.Equal(600, challenge.GetProperty("expiresIn").GetInt32());
        var code = await NextSignInCode(person.Email);
        person.Take(await Verify(challenge, code).Json(HttpStatusCode.OK));
        await person.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK);

        // Once only, and what failed before is forgotten.
        await Verify(challenge, code).Problem(HttpStatusCode.BadRequest, "invalid_code");
        await LogIn(person.Email, "wrong password").Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        await LogIn(person.Email, person.Password).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Asks_alike_whether_the_password_is_right_wrong_or_nobodys_and_says_nothing_by_the_code_either()
    {
        var person = await _app.SignUpAsync();
        var blocked = await _app.SignUpAsync();
        await _app.Database.ExecuteAsync("UPDATE users SET status = 'blocked' WHERE email = $1", blocked.Email);
        var stranger = PorticoApp.NewEmail();
        foreach (var email in new[] { person.Email, blocked.Email, stranger })
            await Fail(email, 3);

        var answers = new List<JsonElement>();
        List<string> headers = [];
        (string Email, string Password)[] attempts =
        [
            (person.Email, "wrong password"),
            (stranger, "wrong password"),
            (blocked.Email, blocked.Password),
            (person.Email, person.Password),
        ];
        foreach (var (email, password) in attempts)
        {
            using var answer = await LogIn(email, password);
            headers.Add(
                string.Join(' ', answer.Headers.Concat(answer.Content.Headers).Select(header => header.Key).Order(StringComparer.Ordinal)));
            answers.Add(await answer.Json(HttpStatusCode.Accepted));
        }

        Assert.Single(headers.Distinct(StringComparer.Ordinal));
        Assert.Single(answers
            .Select(answer => $"{answer.Text("challengeId").Length} {answer.GetProperty("methods")} {answer.GetProperty("expiresIn")}")
            .Distinct(StringComparer.Ordinal));
        var code = await NextSignInCode(person.Email);
        foreach (var hopeless in answers[..^1])
            await Verify(hopeless, code).Problem(HttpStatusCode.BadRequest, "invalid_code");

        // Neither the code nor a try of it was used up by those.
        await Verify(answers[^1], code).Json(HttpStatusCode.OK);
        Assert.DoesNotContain(Messages(), text => text.Contains(stranger, StringComparison.Ordinal));
        Assert.DoesNotContain(Messages(), text =>
            text.Contains($"To: {blocked.Email}\r\n", StringComparison.Ordinal)
                && text.Contains("somebody knows your password", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Never_locks_the_owner_out_who_is_attacked_from_elsewhere()
    {
        var person = await _app.SignUpAsync();
        for (var n = 1; n <= 40; n++)
            (await LogIn(person.Email, $"guess {n}", from: $"203.0.113.{n}")).Dispose();

        // Nor by using up codes: those of sign-in are brought by the right password only.
        for (var n = 1; n <= 12; n++)
            (await _app.Client.Post("auth/reset-password", new { person.Email, reason = "forgotten" })).Dispose();
        var challenge = await LogIn(person.Email, person.Password, from: "198.51.100.7").Json(HttpStatusCode.Accepted);
        var code = await NextSignInCode(person.Email);
        for (var n = 1; n <= 12; n++)
        {
            var hopeless = await LogIn(person.Email, $"guess {n}", from: "203.0.113.99").Json(HttpStatusCode.Accepted);
            await Verify(hopeless, "000000", from: "203.0.113.99").Problem(HttpStatusCode.BadRequest, "invalid_code");
        }

        await Verify(challenge, code, from: "198.51.100.7").Json(HttpStatusCode.OK);

        // The owner's success is not the attacker's: what failed elsewhere is still known.
        await LogIn(person.Email, "guess", from: "203.0.113.200").Json(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task Forgets_after_a_success_only_what_failed_from_there()
    {
        var person = await _app.SignUpAsync();
        for (var n = 1; n <= 2; n++)
            await LogIn(person.Email, "wrong password", from: "203.0.113.1").Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        for (var n = 1; n <= 2; n++)
            await LogIn(person.Email, "wrong password", from: "198.51.100.7").Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        await LogIn(person.Email, person.Password, from: "198.51.100.7").Json(HttpStatusCode.OK);

        await LogIn(person.Email, "wrong password", from: "203.0.113.1").Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        await LogIn(person.Email, "wrong password", from: "203.0.113.1").Json(HttpStatusCode.Accepted);
        await LogIn(person.Email, person.Password, from: "198.51.100.7").Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Takes_the_addresses_of_one_ipv6_customer_for_one_client()
    {
        var person = await _app.SignUpAsync();
        for (var n = 1; n <= 3; n++)
            await LogIn(person.Email, "wrong password", from: $"2001:db8:1:2::{n}")
                .Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        await LogIn(person.Email, "wrong password", from: "2001:db8:1:2:ffff::1").Json(HttpStatusCode.Accepted);
        await LogIn(person.Email, person.Password, from: "2001:db8:1:3::1").Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Allows_five_tries_of_each_code()
    {
        var person = await _app.SignUpAsync();
        await Fail(person.Email, 3);
        var first = await LogIn(person.Email, person.Password).Json(HttpStatusCode.Accepted);
        var code = await NextSignInCode(person.Email);
        for (var n = 1; n <= 5; n++)
            await Verify(first, Wrong(code)).Problem(HttpStatusCode.BadRequest, "invalid_code");
        await Verify(first, code).Problem(HttpStatusCode.BadRequest, "invalid_code");

        JsonElement second = default;
        await Eventually.Holds(
            async () =>
            {
                second = await LogIn(person.Email, person.Password).Json(HttpStatusCode.Accepted);
                return await NextSignInCode(person.Email) != code;
            },
            "another code after the pause");
        code = await NextSignInCode(person.Email);
        for (var n = 1; n <= 4; n++)
            await Verify(second, Wrong(code)).Problem(HttpStatusCode.BadRequest, "invalid_code");
        await Verify(second, code).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Takes_the_code_of_an_earlier_challenge_with_its_id_or_without()
    {
        foreach (var withId in new[] { true, false })
        {
            var person = await _app.SignUpAsync();
            await Fail(person.Email, 3);
            var first = await LogIn(person.Email, person.Password).Json(HttpStatusCode.Accepted);
            var code = await NextSignInCode(person.Email);
            var second = await LogIn(person.Email, person.Password).Json(HttpStatusCode.Accepted);
            var (challengeId, requestId) = (second.Text("challengeId"), withId ? first.Text("challengeId") : null);
            await Send("login/challenge", new { challengeId, requestId = "unknown", method = "addressCode", code }, "192.0.2.1")
                .Problem(HttpStatusCode.BadRequest, "invalid_code");
            await Send("login/challenge", new { challengeId, requestId, method = "addressCode", code }, "192.0.2.1")
                .Json(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Opens_one_session_when_a_challenge_is_met_many_times_at_once()
    {
        var person = await _app.SignUpAsync();
        await Fail(person.Email, 3);
        var challenge = await LogIn(person.Email, person.Password).Json(HttpStatusCode.Accepted);
        var code = await NextSignInCode(person.Email);
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Verify(challenge, code)));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(4, answers.Count(answer => answer.StatusCode == HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task Takes_no_code_for_the_challenge_of_another_person_and_none_that_was_sent_for_something_else()
    {
        var person = await _app.SignUpAsync();
        var other = await _app.SignUpAsync();
        await Fail(person.Email, 3);
        await Fail(other.Email, 3);
        var challenge = await LogIn(person.Email, person.Password).Json(HttpStatusCode.Accepted);
        await LogIn(other.Email, other.Password).Json(HttpStatusCode.Accepted);
        await Verify(challenge, await NextSignInCode(other.Email)).Problem(HttpStatusCode.BadRequest, "invalid_code");

        var code = await NextSignInCode(person.Email);
        await _app.Client.Post("auth/confirm-reset-password", new { person.Email, code, newPassword = "another horse" })
            .Problem(HttpStatusCode.BadRequest, "invalid_code");
        await Verify(challenge, code).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Is_void_when_the_password_has_been_changed_since()
    {
        var person = await _app.SignUpAsync();
        await Fail(person.Email, 3);
        var challenge = await LogIn(person.Email, person.Password).Json(HttpStatusCode.Accepted);
        await _app.Database.ExecuteAsync("UPDATE users SET session_version = session_version + 1 WHERE email = $1", person.Email);
        await Verify(challenge, await NextSignInCode(person.Email)).Problem(HttpStatusCode.BadRequest, "invalid_code");
    }

    [Theory]
    [InlineData("x")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("{AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA}")]
    public async Task Knows_nothing_of_a_challenge_that_was_never_made(string id) =>
        await _app.Client.Post("auth/login/challenge", new { challengeId = id, method = "addressCode", code = "000000" })
            .Problem(HttpStatusCode.BadRequest, "invalid_code");

    private async Task Fail(string email, int times)
    {
        for (var n = 0; n < times; n++)
            await LogIn(email, "wrong password").Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
    }

    private Task<HttpResponseMessage> LogIn(string email, string password, string from = "192.0.2.1") =>
        Send("login", new { email, password }, from);

    private Task<HttpResponseMessage> Verify(JsonElement challenge, string code, string from = "192.0.2.1") =>
        Send("login/challenge", new { challengeId = challenge.Text("challengeId"), method = "addressCode", code }, from);

    private Task<HttpResponseMessage> Send(string path, object body, string from) => _app.Client.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, $"/api/v1/auth/{path}")
        {
            Content = JsonContent.Create(body),
            Headers = { { "X-Forwarded-For", from } },
        });

    private async Task<string> NextSignInCode(string email)
    {
        var message = await Eventually.Get(
            () => Task.FromResult(Messages().LastOrDefault(text =>
                text.Contains($"To: {email}\r\n", StringComparison.Ordinal)
                    && text.Contains("somebody knows your password", StringComparison.Ordinal))),
            "the code to sign in");
        return PorticoApp.CodeIn(message);
    }

    /// <summary>The messages to an address that hold a code.</summary>
    private IEnumerable<string> Codes(string email) =>
        Messages().Where(text => text.Contains($"To: {email}\r\n", StringComparison.Ordinal) && PorticoApp.CodeIn(text).Length > 0);

    private IEnumerable<string> Messages() =>
        Directory.GetFiles(_app.Mailbox, "*.eml").Order(StringComparer.Ordinal).Select(File.ReadAllText);

    private static string Wrong(string code) => code == "000000" ? "000001" : "000000";
}
