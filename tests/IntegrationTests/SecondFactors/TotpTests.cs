using System.Net;
using System.Text;
using System.Text.Json;
using Portico.Domain.Users;
using Portico.Testing;

namespace Portico.IntegrationTests.SecondFactors;

/// <summary>Authenticator apps and recovery codes: enrolment, sign-in, fresh proofs, limits.</summary>
[Collection(FactorWorld.Tests.Name)]
public sealed class TotpTests(FactorWorld world)
{
    private const string Totp = "/api/v1/users/me/totp";
    private const string Factors = "/api/v1/users/me/second-factors";

    private PorticoApp App => world.App;

    // RFC 6238, appendix B: the last six of the eight digits.
    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void The_clock_of_the_tests_is_that_of_the_rfc(long seconds, string code)
    {
        Assert.Equal(code, new TotpClock(Encoding.ASCII.GetBytes("12345678901234567890")).At(DateTimeOffset.FromUnixTimeSeconds(seconds)));
        Assert.Equal(code, TotpClock.Of("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").At(DateTimeOffset.FromUnixTimeSeconds(seconds)));
    }

    [Theory]
    [InlineData("DELETE", Totp)]
    [InlineData("POST", "/api/v1/users/me/recovery-codes")]
    public async Task A_user_who_was_deleted_a_moment_ago_is_not_found(string method, string path)
    {
        for (var tries = 1; ; tries++)
        {
            var (person, _, _) = await world.EnrolledAsync();
            await person.GetAsync(Factors).Json(HttpStatusCode.OK);
            // As another process does it: this one learns of it within a second, and a slow test is late.
            await App.Database.ExecuteAsync("UPDATE users SET deleted_at = now(), deleted_by = id WHERE id = $1", person.Id);
            using var answer = await person.SendAsync(new HttpMethod(method), path);
            if (answer.StatusCode == HttpStatusCode.Unauthorized && tries < 10)
                continue;

            await answer.Problem(HttpStatusCode.NotFound, "not_found");
            return;
        }
    }

    [Fact]
    public async Task Shows_the_secret_once_and_asks_for_nothing_before_the_first_code()
    {
        var person = await App.SignUpAsync();
        var added = await person.SendAsync(HttpMethod.Post, Totp).Json(HttpStatusCode.OK);
        var clock = TotpClock.Of(added.Text("secret"));
        Assert.Equal(160, clock.SecretBits);
        Assert.StartsWith("otpauth://totp/Portico:", added.Text("uri"), StringComparison.Ordinal);
        Assert.Contains($"secret={added.Text("secret")}&", added.Text("uri"), StringComparison.Ordinal);
        Assert.StartsWith("<svg ", added.Text("qrCode"), StringComparison.Ordinal);
        await person.LogInAsync().Json(HttpStatusCode.OK);
        await person.SendAsync(HttpMethod.Post, $"{Totp}/confirm", new { code = FactorWorld.Wrong(clock.Code()) })
            .Problem(HttpStatusCode.BadRequest, "invalid_code");

        // A second secret replaces the first one.
        var again = await person.SendAsync(HttpMethod.Post, Totp).Json(HttpStatusCode.OK);
        await person.SendAsync(HttpMethod.Post, $"{Totp}/confirm", new { code = clock.Code() })
            .Problem(HttpStatusCode.BadRequest, "invalid_code");
        clock = TotpClock.Of(again.Text("secret"));
        var confirmed = await person.SendAsync(HttpMethod.Post, $"{Totp}/confirm", new { code = clock.Code() }).Json(HttpStatusCode.OK);
        var codes = confirmed.GetProperty("recoveryCodes").EnumerateArray().Select(code => code.GetString()!).ToArray();
        Assert.Equal(10, codes.Distinct(StringComparer.Ordinal).Count());
        Assert.All(codes, code => Assert.Matches("^[A-Z2-7]{4}(-[A-Z2-7]{4}){3}$", code));

        Assert.Equal(
            """{"totp":true,"recoveryCodes":10,"passkeys":0,"isRequired":false}""",
            (await person.GetAsync(Factors).Json(HttpStatusCode.OK)).ToString());
        await person.SendAsync(HttpMethod.Post, Totp).Problem(HttpStatusCode.Conflict, "totp_active");
        await person.SendAsync(HttpMethod.Post, $"{Totp}/confirm", new { code = clock.Code() })
            .Problem(HttpStatusCode.BadRequest, "invalid_code");
        await App.MessageAsync(person.Email, text => text.Contains("An authenticator app was added", StringComparison.Ordinal));
        Assert.Equal("user.totp_added", await world.AuditAsync(person));
    }

    [Fact]
    public async Task A_password_alone_gives_no_tokens_and_a_code_is_used_once()
    {
        var person = await App.SignUpAsync();
        var added = await person.SendAsync(HttpMethod.Post, Totp).Json(HttpStatusCode.OK);
        var clock = TotpClock.Of(added.Text("secret"));
        var first = clock.Code();
        await person.SendAsync(HttpMethod.Post, $"{Totp}/confirm", new { code = first }).Json(HttpStatusCode.OK);

        var challenge = await person.LogInAsync().Json(HttpStatusCode.Accepted);
        Assert.Equal("totp recoveryCode", FactorWorld.MethodsOf(challenge));
        Assert.Equal(600, challenge.GetProperty("expiresIn").GetInt32());
        await person.LogInAsync("wrong password").Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        // That of the confirmation is used, and those before it with it.
        foreach (var used in (string[])[first, clock.Code(-1)])
            await world.AnswerAsync(challenge, "totp", used).Problem(HttpStatusCode.BadRequest, "invalid_code");
        person.Take(await world.AnswerAsync(challenge, "totp", clock.Code(1)).Json(HttpStatusCode.OK));
        await person.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK);

        // Neither the code nor the challenge works again.
        await world.FreeStepsAsync(person);
        await world.AnswerAsync(challenge, "totp", clock.Code()).Problem(HttpStatusCode.BadRequest, "invalid_code");
        var another = await person.LogInAsync().Json(HttpStatusCode.Accepted);
        await world.AnswerAsync(another, "totp", clock.Code(3)).Problem(HttpStatusCode.BadRequest, "invalid_code");
        await world.AnswerAsync(another, "totp", clock.Code(-3)).Problem(HttpStatusCode.BadRequest, "invalid_code");
        await world.AnswerAsync(another, "addressCode", clock.Code()).Problem(HttpStatusCode.BadRequest, "invalid_code");
        await world.AnswerAsync(another, "totpEnrolment", clock.Code()).Problem(HttpStatusCode.BadRequest, "validation_failed");
        await world.AnswerAsync(another, "totp", null).Problem(HttpStatusCode.BadRequest, "validation_failed");
        await world.AnswerAsync(another, "totp", clock.Code()).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Of_many_clients_and_processes_with_one_code_one_gets_in()
    {
        var (person, clock, _) = await world.EnrolledAsync();
        var challenges = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => person.LogInAsync().Json(HttpStatusCode.Accepted)));
        var code = clock.Code();
        var answers = await Task.WhenAll(challenges.Select(async (challenge, n) =>
        {
            using var answer = await FactorWorld.AnswerAsync(n % 2 == 0 ? App : world.Strict, challenge, "totp", code);
            return answer.StatusCode;
        }));
        Assert.Equal(1, answers.Count(status => status == HttpStatusCode.OK));
        Assert.Equal(7, answers.Count(status => status == HttpStatusCode.BadRequest));

        // Of many with one challenge too.
        await world.FreeStepsAsync(person);
        var one = await person.LogInAsync().Json(HttpStatusCode.Accepted);
        var tries = await Task.WhenAll(((string[])[clock.Code(), clock.Code(1)]).Select(async right =>
        {
            using var answer = await world.AnswerAsync(one, "totp", right);
            return answer.StatusCode;
        }));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.BadRequest], tries.Order());
    }

    [Fact]
    public async Task A_recovery_code_works_once_however_it_is_written()
    {
        var (person, _, codes) = await world.EnrolledAsync();
        var challenges = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => person.LogInAsync().Json(HttpStatusCode.Accepted)));
        var answers = await Task.WhenAll(challenges.Select(async challenge =>
        {
            using var answer = await world.AnswerAsync(challenge, "recoveryCode", codes[3]);
            return answer.StatusCode;
        }));
        Assert.Equal(1, answers.Count(status => status == HttpStatusCode.OK));
        await App.MessageAsync(person.Email, text => text.Contains("A recovery code of your Portico account", StringComparison.Ordinal));

        var next = await person.LogInAsync().Json(HttpStatusCode.Accepted);
        await world.AnswerAsync(next, "recoveryCode", codes[3]).Problem(HttpStatusCode.BadRequest, "invalid_code");
        await world.AnswerAsync(next, "recoveryCode", "AAAA-AAAA-AAAA-AAAA").Problem(HttpStatusCode.BadRequest, "invalid_code");
        await world.AnswerAsync(next, "recoveryCode", "short").Problem(HttpStatusCode.BadRequest, "validation_failed");
        person.Take(
            await world.AnswerAsync(next, "recoveryCode", codes[0].ToLowerInvariant().Replace("-", " ", StringComparison.Ordinal))
                .Json(HttpStatusCode.OK));

        // New ones end the others; the sign-in with a recovery code was a fresh proof.
        Assert.Equal(8, (await person.GetAsync(Factors).Json(HttpStatusCode.OK)).GetProperty("recoveryCodes").GetInt32());
        var replaced = await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/recovery-codes").Json(HttpStatusCode.OK);
        var last = await person.LogInAsync().Json(HttpStatusCode.Accepted);
        await world.AnswerAsync(last, "recoveryCode", codes[1]).Problem(HttpStatusCode.BadRequest, "invalid_code");
        await world.AnswerAsync(last, "recoveryCode", replaced.GetProperty("recoveryCodes")[0].GetString()).Json(HttpStatusCode.OK);
        Assert.Equal(
            "user.totp_added user.recovery_code_used user.recovery_code_used user.recovery_codes_replaced user.recovery_code_used",
            await world.AuditAsync(person));
    }

    [Fact]
    public async Task Of_two_recovery_codes_for_one_sign_in_one_is_used()
    {
        var (person, _, codes) = await world.EnrolledAsync();
        for (var left = 9; left > 5; left--)
        {
            var challenge = await person.LogInAsync().Json(HttpStatusCode.Accepted);
            var answers = await Task.WhenAll(codes[..2].Select(async (code, n) =>
            {
                using var answer = await FactorWorld.AnswerAsync(n == 0 ? App : world.Strict, challenge, "recoveryCode", code);
                return (Code: code, Status: answer.StatusCode);
            }));
            Assert.Equal([HttpStatusCode.OK, HttpStatusCode.BadRequest], answers.Select(answer => answer.Status).Order());
            Assert.Equal(left, (await person.GetAsync(Factors).Json(HttpStatusCode.OK)).GetProperty("recoveryCodes").GetInt32());
            codes = [.. codes.Except(answers.Where(answer => answer.Status == HttpStatusCode.OK).Select(answer => answer.Code))];
        }
    }

    [Fact]
    public async Task A_code_to_the_address_never_stands_in_for_the_second_factor()
    {
        var (person, clock, _) = await world.EnrolledAsync();
        for (var n = 0; n < 3; n++)
            await person.LogInAsync("wrong password").Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        var proof = await person.LogInAsync().Json(HttpStatusCode.Accepted);
        Assert.Equal("addressCode", FactorWorld.MethodsOf(proof));
        await world.AnswerAsync(proof, "totp", clock.Code()).Problem(HttpStatusCode.BadRequest, "invalid_code");

        var code = PorticoApp.CodeIn(
            await App.MessageAsync(person.Email, text => text.Contains("somebody knows your password", StringComparison.Ordinal)));
        var challenge = await world.AnswerAsync(proof, "addressCode", code).Json(HttpStatusCode.Accepted);
        Assert.Equal("totp recoveryCode", FactorWorld.MethodsOf(challenge));
        await world.AnswerAsync(challenge, "addressCode", code).Problem(HttpStatusCode.BadRequest, "invalid_code");
        await world.AnswerAsync(challenge, "totp", clock.Code()).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_reset_of_the_password_keeps_the_second_factor()
    {
        var (person, clock, _) = await world.EnrolledAsync();
        var before = await person.LogInAsync().Json(HttpStatusCode.Accepted);
        var earlier = await App.CodeAsync(person.Email);
        await App.Client.Post("auth/reset-password", new { person.Email, reason = "forgotten" }).Json(HttpStatusCode.Accepted);
        var code = PorticoApp.CodeIn(
            await App.MessageAsync(person.Email, text => PorticoApp.CodeIn(text) is { Length: 6 } next && next != earlier));
        person.Password = "another horse, another staple";
        await App.Client.Post("auth/confirm-reset-password", new { person.Email, code, newPassword = person.Password })
            .Json(HttpStatusCode.NoContent);

        // A sign-in that was begun with the old password is over.
        await world.AnswerAsync(before, "totp", clock.Code()).Problem(HttpStatusCode.BadRequest, "invalid_code");
        var challenge = await person.LogInAsync().Json(HttpStatusCode.Accepted);
        await world.AnswerAsync(challenge, "totp", clock.Code()).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Nobody_answers_for_another_user()
    {
        var (person, clock, _) = await world.EnrolledAsync();
        var (other, othersClock, othersCodes) = await world.EnrolledAsync();
        var challenge = await person.LogInAsync().Json(HttpStatusCode.Accepted);
        await world.AnswerAsync(challenge, "totp", othersClock.Code()).Problem(HttpStatusCode.BadRequest, "invalid_code");
        await world.AnswerAsync(challenge, "recoveryCode", othersCodes[0]).Problem(HttpStatusCode.BadRequest, "invalid_code");

        // Nor does a secret that was copied into the row of another user.
        await App.Database.ExecuteAsync(
            "UPDATE identity.totp SET secret = (SELECT secret FROM identity.totp WHERE user_id = $1) WHERE user_id = $2",
            other.Id,
            person.Id);
        await world.AnswerAsync(challenge, "totp", othersClock.Code()).Problem(HttpStatusCode.InternalServerError, "internal_error");
        await world.AnswerAsync(challenge, "totp", clock.Code()).Problem(HttpStatusCode.InternalServerError, "internal_error");
    }

    [Fact]
    public async Task Guesses_are_bounded_for_each_challenge()
    {
        var (person, clock, _) = await world.EnrolledAsync();
        var challenge = await person.LogInAsync().Json(HttpStatusCode.Accepted);
        for (var n = 0; n < 5; n++)
            await world.AnswerAsync(challenge, "totp", FactorWorld.Wrong(clock.Code())).Problem(HttpStatusCode.BadRequest, "invalid_code");
        await world.AnswerAsync(challenge, "totp", clock.Code()).Problem(HttpStatusCode.BadRequest, "invalid_code");
        await world.AnswerAsync(await person.LogInAsync().Json(HttpStatusCode.Accepted), "totp", clock.Code()).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Guesses_of_a_day_are_bounded_for_each_account_and_leave_the_owner_a_share()
    {
        var (person, clock, _) = await world.EnrolledAsync();
        // Somebody knows the password, and guesses from one network.
        var guesses = 0;
        for (JsonElement? refused = null; refused is null;)
        {
            var challenge = await LogIn("203.0.113.7").Json(HttpStatusCode.Accepted);
            for (var n = 0; n < 5 && refused is null; n++)
            {
                using var answer = await Answer(challenge, FactorWorld.Wrong(clock.Code()), "203.0.113.7");
                if (answer.StatusCode == HttpStatusCode.TooManyRequests)
                {
                    refused = await answer.Problem(HttpStatusCode.TooManyRequests, "too_many_attempts");
                    Assert.True(answer.Headers.RetryAfter!.Delta > TimeSpan.FromHours(23));
                }
                else
                {
                    await answer.Problem(HttpStatusCode.BadRequest, "invalid_code");
                    guesses++;
                }
            }

            Assert.True(guesses <= 100, "The guesses are not bounded.");
        }

        // A share of 5, and the 30 that go to whoever comes first.
        Assert.Equal(35, guesses);
        await Answer(await LogIn("203.0.113.7").Json(HttpStatusCode.Accepted), clock.Code(), "203.0.113.7")
            .Problem(HttpStatusCode.TooManyRequests, "too_many_attempts");

        // From another network the owner still has a share, and a right code does not use it up.
        for (var n = 0; n < 6; n++)
        {
            await world.FreeStepsAsync(person);
            await Answer(await LogIn("198.51.100.7").Json(HttpStatusCode.Accepted), clock.Code(), "198.51.100.7").Json(HttpStatusCode.OK);
        }

        Task<HttpResponseMessage> LogIn(string from) => world.SendAsync("login", new { person.Email, person.Password }, from);

        Task<HttpResponseMessage> Answer(JsonElement challenge, string code, string from) =>
            world.SendAsync("login/challenge", new { challengeId = challenge.Text("challengeId"), method = "totp", code }, from);
    }

    [Fact]
    public async Task Guesses_of_the_first_code_are_bounded_too()
    {
        // The owner adds an app and puts the confirmation off; somebody has an old session of the owner.
        var person = await App.SignUpAsync();
        var added = await person.SendAsync(HttpMethod.Post, Totp).Json(HttpStatusCode.OK);
        var clock = TotpClock.Of(added.Text("secret"));
        await world.AgeAsync(person, "created");
        var guesses = 0;
        for (var isRefused = false; !isRefused; guesses++)
        {
            using var answer = await Confirm(FactorWorld.Wrong(clock.Code()), "203.0.113.9");
            isRefused = answer.StatusCode == HttpStatusCode.TooManyRequests;
            await answer.Problem(answer.StatusCode, isRefused ? "too_many_attempts" : "invalid_code");
            Assert.True(guesses <= 100, "The guesses are not bounded.");
        }

        await Confirm(clock.Code(), "203.0.113.9").Problem(HttpStatusCode.TooManyRequests, "too_many_attempts");
        // From another network the owner still has a share.
        await Confirm(clock.Code(), "198.51.100.9").Json(HttpStatusCode.OK);

        Task<HttpResponseMessage> Confirm(string code, string from) =>
            person.SendAsync(HttpMethod.Post, $"{Totp}/confirm", new { code }, ("X-Forwarded-For", from));
    }

    [Fact]
    public async Task Changes_of_contact_factors_and_logins_need_a_fresh_second_factor()
    {
        var (person, clock, codes) = await world.EnrolledAsync();
        await world.AgeAsync(person, "factor");
        var email = PorticoApp.NewEmail();
        await person.SendAsync(HttpMethod.Post, "/api/v1/auth/verify-code", new { email, reason = "changeContact" })
            .Json(HttpStatusCode.Accepted);
        var contact = new { email, code = await App.CodeAsync(email), person.Password };
        (HttpMethod Method, string Path, object? Body)[] guarded =
        [
            (HttpMethod.Put, "/api/v1/users/me/contact", contact),
            (HttpMethod.Delete, Totp, null),
            (HttpMethod.Post, "/api/v1/users/me/recovery-codes", null),
            (HttpMethod.Post, "/api/v1/users/me/passkeys/options", null),
        ];
        foreach (var (method, path, body) in guarded)
            await person.SendAsync(method, path, body).Problem(HttpStatusCode.Forbidden, "second_factor_not_fresh");

        await person.SendAsync(HttpMethod.Post, $"{Factors}/verify", new { method = "totp", code = FactorWorld.Wrong(clock.Code()) })
            .Problem(HttpStatusCode.BadRequest, "invalid_code");
        await person.SendAsync(HttpMethod.Post, $"{Factors}/verify", new { method = "addressCode", code = "000000" })
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
        await person.SendAsync(HttpMethod.Delete, Totp).Problem(HttpStatusCode.Forbidden, "second_factor_not_fresh");
        await person.SendAsync(HttpMethod.Post, $"{Factors}/verify", new { method = "totp", code = clock.Code() })
            .Json(HttpStatusCode.NoContent);
        await person.SendAsync(HttpMethod.Put, "/api/v1/users/me/contact", contact).Json(HttpStatusCode.OK);
        await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/passkeys/options").Json(HttpStatusCode.OK);

        await world.AgeAsync(person, "factor");
        await person.SendAsync(HttpMethod.Post, $"{Factors}/verify", new { method = "recoveryCode", code = codes[0] })
            .Json(HttpStatusCode.NoContent);
        await person.SendAsync(HttpMethod.Delete, Totp).Json(HttpStatusCode.NoContent);
        await person.SendAsync(HttpMethod.Delete, Totp).Problem(HttpStatusCode.NotFound, "not_found");
        await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/recovery-codes").Problem(HttpStatusCode.NotFound, "not_found");
        await App.Client.Post("auth/login", new { email, person.Password }).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_thief_of_an_old_session_adds_no_second_factor()
    {
        var person = await App.SignUpAsync();
        await world.AgeAsync(person, "created");
        await person.SendAsync(HttpMethod.Post, Totp).Problem(HttpStatusCode.Forbidden, "session_not_fresh");
        await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/passkeys/options")
            .Problem(HttpStatusCode.Forbidden, "session_not_fresh");
    }

    [Fact]
    public async Task Secrets_are_not_readable_in_the_database_or_a_log()
    {
        var person = await App.SignUpAsync();
        var added = await person.SendAsync(HttpMethod.Post, Totp).Json(HttpStatusCode.OK);
        var clock = TotpClock.Of(added.Text("secret"));
        var confirmed = await person.SendAsync(HttpMethod.Post, $"{Totp}/confirm", new { code = clock.Code() }).Json(HttpStatusCode.OK);
        var code = confirmed.GetProperty("recoveryCodes")[0].GetString()!;

        var rows = await App.Database.TextAsync(
            """
            SELECT (SELECT encode(secret, 'hex') FROM identity.totp WHERE user_id = $1) || ' '
                || (SELECT string_agg(encode(hash, 'escape'), ' ') FROM identity.recovery_codes WHERE user_id = $1) || ' '
                || (SELECT string_agg(coalesce(after::text, ''), ' ') FROM audit_log WHERE subject_id = $1::text) || ' '
                || (SELECT string_agg(o::text, ' ') FROM outbox o WHERE o::text LIKE '%' || $1 || '%')
            """,
            person.Id);
        Assert.DoesNotContain(clock.SecretHex, rows, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(added.Text("secret"), rows, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(code, rows, StringComparison.OrdinalIgnoreCase);

        await world.AnswerAsync(await person.LogInAsync().Json(HttpStatusCode.Accepted), "recoveryCode", code).Json(HttpStatusCode.OK);
        Assert.Contains(world.Log.Lines, line => line.Contains("identity.totp", StringComparison.Ordinal));
        Assert.DoesNotContain(world.Log.Lines, line =>
            line.Contains(added.Text("secret"), StringComparison.OrdinalIgnoreCase)
                || line.Contains(clock.SecretHex, StringComparison.OrdinalIgnoreCase)
                || line.Contains(code, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task An_administrator_helps_a_user_who_has_lost_everything()
    {
        var (person, _, _) = await world.EnrolledAsync();
        await world.PasskeyAsync(person);
        var admin = await App.SignUpAsync(Role.Admin);
        await person.SendAsync(HttpMethod.Delete, $"/api/v1/users/{person.Id}/second-factors")
            .Problem(HttpStatusCode.Forbidden, "forbidden");
        await admin.SendAsync(HttpMethod.Delete, $"/api/v1/users/{admin.Id}/second-factors")
            .Problem(HttpStatusCode.Forbidden, "rank_too_low");

        await admin.SendAsync(HttpMethod.Delete, $"/api/v1/users/{person.Id}/second-factors").Json(HttpStatusCode.NoContent);

        await person.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        person.Take(await person.LogInAsync().Json(HttpStatusCode.OK));
        Assert.Equal(
            """{"totp":false,"recoveryCodes":0,"passkeys":0,"isRequired":false}""",
            (await person.GetAsync(Factors).Json(HttpStatusCode.OK)).ToString());
        await App.MessageAsync(person.Email, text => text.Contains("second factors of your Portico account", StringComparison.Ordinal));
        Assert.EndsWith("user.second_factors_reset", await world.AuditAsync(person), StringComparison.Ordinal);
    }
}
