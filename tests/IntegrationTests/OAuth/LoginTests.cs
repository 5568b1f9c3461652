using System.Net;
using System.Net.Http.Json;
using Npgsql;
using Portico.IntegrationTests.Cookies;
using Portico.IntegrationTests.SecondFactors;
using Portico.Testing;
using Portico.Testing.Providers;
using StackExchange.Redis;

namespace Portico.IntegrationTests.OAuth;

/// <summary>Linking and unlinking accounts of providers, and users who have nothing else.</summary>
[Collection(OAuthWorld.Tests.Name)]
public sealed class LoginTests(OAuthWorld world)
{
    [Fact]
    public async Task Links_and_unlinks_an_account_of_a_session_and_tells_the_user_and_the_audit_log()
    {
        var person = await world.App.SignUpAsync();
        var account = new FakePerson { Email = PorticoApp.NewEmail(), IsEmailVerified = true };

        using (var linked = await world.LinkAsync(person, "google", account))
            Assert.Equal(HttpStatusCode.NoContent, linked.StatusCode);

        Assert.Equal(["google"], await OAuthWorld.LoginsAsync(person));
        Assert.Equal(person.Id, (await world.SignedInAsync("google", account)).Id);
        var notice = await world.App.MessageAsync(person.Email, text => text.Contains("Google was linked", StringComparison.Ordinal));
        Assert.DoesNotContain(account.Email!, notice, StringComparison.Ordinal);
        // Its own address stays.
        Assert.Equal(person.Email, (await person.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK)).Text("email"));

        await person.SendAsync(HttpMethod.Delete, "/api/v1/users/me/logins/google").Json(HttpStatusCode.NoContent);
        Assert.Empty(await OAuthWorld.LoginsAsync(person));
        Assert.NotEqual(person.Id, (await world.SignedInAsync("google", account)).Id);
        await world.App.MessageAsync(person.Email, text => text.Contains("Google was unlinked", StringComparison.Ordinal));
        await person.RefreshAsync().Json(HttpStatusCode.OK);
        await person.SendAsync(HttpMethod.Delete, "/api/v1/users/me/logins/google").Problem(HttpStatusCode.NotFound, "not_found");
        await person.SendAsync(HttpMethod.Delete, "/api/v1/users/me/logins/nothing").Problem(HttpStatusCode.NotFound, "not_found");

        Assert.Equal(
            """user.login_linked {"provider": "google"}, user.login_unlinked {"provider": "google"}""",
            await world.App.Database.TextAsync(
                "SELECT string_agg(action || ' ' || after, ', ' ORDER BY id) FROM audit_log WHERE subject_id = $1 AND actor::text = $1",
                person.Id.ToString()));
    }

    [Fact]
    public async Task A_sign_in_with_a_provider_ends_in_a_cookie_too()
    {
        using var client = new HttpClient(new HttpClientHandler { UseCookies = false }) { BaseAddress = world.App.Api };
        var page = new CookieBrowser(client, world.App.Api.GetLeftPart(UriPartial.Authority));
        using var browser = world.Browser();
        var person = new FakePerson { Email = PorticoApp.NewEmail(), IsEmailVerified = true };
        var code = OAuthWorld.CodeIn(await browser.FlowAsync("google", person, OAuthWorld.To(OAuthWorld.Frontend)));
        var answer = await page.SendAsync(HttpMethod.Post, "/api/v1/session/exchange", new { code }).Json(HttpStatusCode.OK);

        Assert.False(answer.TryGetProperty("accessToken", out _));
        var cookie = page.Cookie;
        page.Cookie = null;
        var me = await page.SendRawAsync(HttpMethod.Get, "/api/v1/users/me", null, ("Cookie", $"portico={cookie}")).Json(HttpStatusCode.OK);
        Assert.Equal(person.Email, me.Text("email"));
    }

    [Fact]
    public async Task An_account_has_one_user_and_a_user_one_account_of_a_provider()
    {
        var person = await world.App.SignUpAsync();
        var other = await world.App.SignUpAsync();
        var account = new FakePerson();
        await world.LinkAsync(person, "vk", account).Json(HttpStatusCode.NoContent);
        // Again is no error.
        await world.LinkAsync(person, "vk", account).Json(HttpStatusCode.NoContent);

        await world.LinkAsync(other, "vk", account).Problem(HttpStatusCode.Conflict, "login_taken");
        await world.LinkAsync(person, "vk", new FakePerson()).Problem(HttpStatusCode.Conflict, "provider_linked");
        await world.LinkAsync(person, "facebook", account).Json(HttpStatusCode.NoContent);

        Assert.Equal(["facebook", "vk"], await OAuthWorld.LoginsAsync(person));
        Assert.Empty(await OAuthWorld.LoginsAsync(other));
        // A link that failed signs nobody out.
        await other.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        await other.RefreshAsync().Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Of_many_links_of_one_account_at_the_same_time_none_is_refused()
    {
        for (var race = 0; race < 3; race++)
        {
            var person = await world.App.SignUpAsync();
            var account = new FakePerson();
            await Task.WhenAll(Enumerable.Range(0, 20).Select(
                _ => world.LinkAsync(person, "google", account).Json(HttpStatusCode.NoContent)));
            Assert.Equal(["google"], await OAuthWorld.LoginsAsync(person));
        }
    }

    [Fact]
    public async Task A_link_ends_in_the_session_that_began_it_and_in_no_other()
    {
        var attacker = await world.App.SignUpAsync();
        var victim = await world.App.SignUpAsync();
        var begun = await attacker.SendAsync(
            HttpMethod.Post, "/api/v1/users/me/logins", new { provider = "google", returnUrl = OAuthWorld.Frontend })
            .Json(HttpStatusCode.OK);
        var start = new Uri(begun.Text("redirectUrl"));
        using var browser = world.Browser();

        // The victim's browser opens the link of the attacker, and its frontend exchanges the code.
        var code = OAuthWorld.CodeIn(await browser.FlowAsync("google", new FakePerson(), start.Query.TrimStart('?')));
        await browser.ExchangeAsync(new { code }, victim.AccessToken).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.Empty(await OAuthWorld.LoginsAsync(attacker));
        Assert.Empty(await OAuthWorld.LoginsAsync(victim));
        await victim.RefreshAsync().Json(HttpStatusCode.OK);

        // A ticket works once, and for its provider.
        await world.App.Client.GetAsync(start.PathAndQuery).Problem(HttpStatusCode.BadRequest, "invalid_state");
        var another = (await Ticket(attacker, "google")).TrimStart('?');
        var nobody = OAuthWorld.CodeIn(await browser.FlowAsync("google", new FakePerson(), another));
        await browser.ExchangeAsync(new { code = nobody }).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        await world.App.Client.GetAsync($"/api/v1/auth/oauth/vk/start{await Ticket(attacker, "google")}")
            .Problem(HttpStatusCode.BadRequest, "invalid_state");
    }

    [Fact]
    public async Task Only_a_new_session_changes_the_ways_to_sign_in()
    {
        var person = await world.App.SignUpAsync();
        await world.LinkAsync(person, "yandex", new FakePerson()).Json(HttpStatusCode.NoContent);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(world.App.Stack.Redis.ConnectionString);
        await redis.GetDatabase().HashSetAsync(
            $"{world.App.Settings["Redis:KeyPrefix"]}session:{{{person.Id:N}}}:{person.SessionId:N}",
            "created",
            DateTimeOffset.UtcNow.AddMinutes(-11).ToUnixTimeMilliseconds());

        await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/logins", new { provider = "google", returnUrl = OAuthWorld.Frontend })
            .Problem(HttpStatusCode.Forbidden, "session_not_fresh");
        await person.SendAsync(HttpMethod.Delete, "/api/v1/users/me/logins/yandex").Problem(HttpStatusCode.Forbidden, "session_not_fresh");
        await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        await person.RefreshAsync().Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_last_way_to_sign_in_stays_also_when_two_are_removed_at_once()
    {
        var account = new FakePerson();
        var person = await world.SignedInAsync("facebook", account);
        await person.SendAsync(HttpMethod.Delete, "/api/v1/users/me/logins/facebook").Problem(HttpStatusCode.Conflict, "last_login");

        await world.LinkAsync(person, "vk", new FakePerson()).Json(HttpStatusCode.NoContent);
        var answers = await Task.WhenAll(((string[])["facebook", "vk"]).Select(async provider =>
        {
            using var answer = await person.SendAsync(HttpMethod.Delete, $"/api/v1/users/me/logins/{provider}");
            return answer.StatusCode;
        }));
        Assert.Equal([HttpStatusCode.NoContent, HttpStatusCode.Conflict], answers.Order());
        Assert.Single(await OAuthWorld.LoginsAsync(person));
    }

    [Fact]
    public async Task A_provider_that_was_switched_off_is_no_way_to_sign_in()
    {
        var person = await world.SignedInAsync("facebook", new FakePerson());
        await world.LinkAsync(person, "vk", new FakePerson()).Json(HttpStatusCode.NoContent);
        await using var without = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            ReplicaOf = world.App,
            Settings = { ["OAuth:Vk:ClientId"] = "", ["OAuth:Vk:ClientSecret"] = "" },
        });
        var there = new TestPerson(without, person.Email, "");
        there.Take(await person.RefreshAsync().Json(HttpStatusCode.OK));
        await there.SendAsync(HttpMethod.Delete, "/api/v1/users/me/logins/facebook").Problem(HttpStatusCode.Conflict, "last_login");

        // Beside it a passkey is the last way too.
        var authenticator = new SoftwareAuthenticator(world.App.Api);
        var options = await there.SendAsync(HttpMethod.Post, "/api/v1/users/me/passkeys/options").Json(HttpStatusCode.OK);
        var added = await there.SendAsync(HttpMethod.Post, "/api/v1/users/me/passkeys", authenticator.Register(options))
            .Json(HttpStatusCode.Created);
        await there.SendAsync(HttpMethod.Delete, "/api/v1/users/me/logins/facebook").Json(HttpStatusCode.NoContent);
        await there.SendAsync(HttpMethod.Delete, $"/api/v1/users/me/passkeys/{added.Text("id")}")
            .Problem(HttpStatusCode.Conflict, "last_login");
    }

    [Fact]
    public async Task A_passkey_is_no_way_to_sign_in_where_passkeys_are_off()
    {
        var person = await world.SignedInAsync("facebook", new FakePerson());
        var options = await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/passkeys/options").Json(HttpStatusCode.OK);
        await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/passkeys", new SoftwareAuthenticator(world.App.Api).Register(options))
            .Json(HttpStatusCode.Created);
        // It has no domain name any more.
        await using var without = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            ReplicaOf = world.App,
            Settings = { ["Tokens:Issuer"] = "https://203.0.113.5" },
        });
        var there = new TestPerson(without, person.Email, "");
        there.Take(await person.RefreshAsync().Json(HttpStatusCode.OK));
        there.Take(await there.RefreshAsync().Json(HttpStatusCode.OK));
        await there.SendAsync(HttpMethod.Post, "/api/v1/users/me/passkeys/options")
            .Problem(HttpStatusCode.UnprocessableEntity, "passkeys_unavailable");

        await there.SendAsync(HttpMethod.Delete, "/api/v1/users/me/logins/facebook").Problem(HttpStatusCode.Conflict, "last_login");
    }

    [Fact]
    public async Task A_user_without_password_and_address_gets_both_and_can_leave()
    {
        var account = new FakePerson();
        var person = await world.SignedInAsync("facebook", account);
        var email = PorticoApp.NewEmail();
        await person.SendAsync(HttpMethod.Post, "/api/v1/auth/verify-code", new { email, reason = "changeContact" })
            .Json(HttpStatusCode.Accepted);
        var code = await world.App.CodeAsync(email);

        await person.SendAsync(HttpMethod.Put, "/api/v1/users/me/contact", new { email, code, password = "a password that is not there" })
            .Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
        var me = await person.SendAsync(HttpMethod.Put, "/api/v1/users/me/contact", new { email, code }).Json(HttpStatusCode.OK);
        Assert.Equal(email, me.Text("email"));
        // Now the address brings a password.
        await world.App.Client.Post("auth/reset-password", new { email, reason = "forgotten" }).Json(HttpStatusCode.Accepted);
        var reset = await world.App.MessageAsync(
            email, text => PorticoApp.CodeIn(text).Length > 0 && PorticoApp.CodeIn(text) != code);
        await world.App.Client.Post(
            "auth/confirm-reset-password", new { email, code = PorticoApp.CodeIn(reset), newPassword = "another horse, another staple" })
            .Json(HttpStatusCode.NoContent);
        var again = await world.SignedInAsync("facebook", account);
        Assert.Equal(person.Id, again.Id);
        await again.SendAsync(HttpMethod.Delete, "/api/v1/users/me", new { }).Problem(HttpStatusCode.BadRequest, "validation_failed");
        await again.SendAsync(HttpMethod.Delete, "/api/v1/users/me/logins/facebook").Json(HttpStatusCode.NoContent);

        var leaver = await world.SignedInAsync("vk", new FakePerson());
        await leaver.SendAsync(HttpMethod.Delete, "/api/v1/users/me", new { }).Json(HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_deleted_user_has_no_logins_any_more_and_the_account_is_free(bool byAdministrator)
    {
        var account = new FakePerson();
        var person = await world.SignedInAsync("yandex", account);
        if (byAdministrator)
        {
            var admin = await world.App.SignUpAsync(Portico.Domain.Users.Role.Admin);
            await admin.SendAsync(HttpMethod.Delete, $"/api/v1/users/{person.Id}").Json(HttpStatusCode.NoContent);
            // Without an address nothing is left to sign in with.
            await admin.SendAsync(HttpMethod.Post, $"/api/v1/users/{person.Id}/restore")
                .Problem(HttpStatusCode.Conflict, "address_freed");
        }
        else
        {
            await person.SendAsync(HttpMethod.Delete, "/api/v1/users/me", new { }).Json(HttpStatusCode.NoContent);
        }

        await person.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        Assert.NotEqual(person.Id, (await world.SignedInAsync("yandex", account)).Id);
    }

    [Fact]
    public async Task A_blocked_user_does_not_get_in_by_a_provider()
    {
        var account = new FakePerson();
        var person = await world.SignedInAsync("vk", account);
        var admin = await world.App.SignUpAsync(Portico.Domain.Users.Role.Admin);
        await admin.SendAsync(HttpMethod.Post, $"/api/v1/users/{person.Id}/block", new { reason = "Sells forged tickets." })
            .Json(HttpStatusCode.OK);

        await world.SignInAsync("vk", account).Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
    }

    [Fact]
    public async Task Who_can_not_read_the_address_signs_in_without_it()
    {
        var owner = await world.App.SignUpAsync();
        var account = new FakePerson { Email = owner.Email };
        await world.SignInAsync("facebook", account).Json(HttpStatusCode.Accepted);

        var signedIn = new TestPerson(world.App, "", "");
        signedIn.Take(await world.SignInAsync("facebook", account, ignoreAddress: true).Json(HttpStatusCode.OK));
        Assert.NotEqual(owner.Id, signedIn.Id);
        Assert.Null((await signedIn.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK)).GetProperty("email").GetString());
    }

    [Fact]
    public async Task Codes_for_an_address_that_a_provider_gave_are_limited_as_all_codes_are()
    {
        var email = PorticoApp.NewEmail();
        var challenge = await world.SignInAsync("vk", new FakePerson { Email = email }).Json(HttpStatusCode.Accepted);
        await world.SignInAsync("yandex", new FakePerson { Email = email }).Problem(HttpStatusCode.TooManyRequests, "too_many_codes");

        var code = await world.CodeAsync(email);
        // It opens nothing else.
        await world.App.Client.PostAsJsonAsync(
            "/api/v1/auth/register", new { email, code, password = "correct horse battery staple", displayName = "Ada" })
            .Problem(HttpStatusCode.BadRequest, "invalid_code");
        for (var n = 0; n < 5; n++)
            await world.ProveAsync(challenge, OAuthWorld.WrongCode(code)).Problem(HttpStatusCode.BadRequest, "invalid_code");
        await world.ProveAsync(challenge, code).Problem(HttpStatusCode.BadRequest, "invalid_code");
    }

    [Fact]
    public async Task Nobody_can_plant_an_account_under_an_address_that_was_not_proved()
    {
        var email = PorticoApp.NewEmail();
        await world.App.Client.PostAsJsonAsync(
            "/api/v1/auth/register", new { email, code = "000000", password = "correct horse battery staple", displayName = "Mallory" })
            .Problem(HttpStatusCode.BadRequest, "invalid_code");

        // Nor can any code of Portico, now or later: the database refuses the row.
        var refused = await Assert.ThrowsAsync<PostgresException>(() => world.App.Database.ExecuteAsync(
            """
            INSERT INTO users (id, version, display_name, email, role, status, locale, epoch, created_at)
            VALUES (gen_random_uuid(), 1, 'Mallory', $1, 'user', 'active', 'en', 0, now())
            """,
            email));
        Assert.Equal("users_verified", refused.ConstraintName);
    }

    [Fact]
    public async Task A_user_with_a_second_factor_proves_it_at_a_provider_too()
    {
        var account = new FakePerson();
        var person = await world.SignedInAsync("vk", account);
        var added = await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/totp").Json(HttpStatusCode.OK);
        var clock = TotpClock.Of(added.Text("secret"));
        await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/totp/confirm", new { code = clock.Code() }).Json(HttpStatusCode.OK);

        var challenge = await world.SignInAsync("vk", account).Json(HttpStatusCode.Accepted);
        Assert.Equal("""["totp","recoveryCode"]""", challenge.GetProperty("methods").ToString());
        var challengeId = challenge.Text("challengeId");
        person.Take(
            await world.App.Client.Post("auth/login/challenge", new { challengeId, method = "totp", code = clock.Code(1) })
                .Json(HttpStatusCode.OK));

        // The proof was fresh; an older one is not enough.
        await world.LinkAsync(person, "facebook", new FakePerson()).Json(HttpStatusCode.NoContent);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(world.App.Stack.Redis.ConnectionString);
        await redis.GetDatabase().HashSetAsync(
            $"{world.App.Settings["Redis:KeyPrefix"]}session:{{{person.Id:N}}}:{person.SessionId:N}",
            "factor",
            DateTimeOffset.UtcNow.AddMinutes(-11).ToUnixTimeMilliseconds());
        await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/logins", new { provider = "google", returnUrl = OAuthWorld.Frontend })
            .Problem(HttpStatusCode.Forbidden, "second_factor_not_fresh");
        await person.SendAsync(HttpMethod.Delete, "/api/v1/users/me/logins/facebook")
            .Problem(HttpStatusCode.Forbidden, "second_factor_not_fresh");
    }

    [Fact]
    public async Task A_passkey_is_a_way_to_sign_in_and_the_last_one_stays()
    {
        var person = await world.SignedInAsync("yandex", new FakePerson());
        var authenticator = new SoftwareAuthenticator(world.App.Api);
        var options = await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/passkeys/options").Json(HttpStatusCode.OK);
        var added = await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/passkeys", authenticator.Register(options))
            .Json(HttpStatusCode.Created);

        // Of two removals at once one is refused.
        var answers = await Task.WhenAll(((string[])["logins/yandex", $"passkeys/{added.Text("id")}"]).Select(async way =>
        {
            using var answer = await person.SendAsync(HttpMethod.Delete, $"/api/v1/users/me/{way}");
            return answer.StatusCode;
        }));
        Assert.Equal([HttpStatusCode.NoContent, HttpStatusCode.Conflict], answers.Order());
    }

    private static async Task<string> Ticket(TestPerson person, string provider)
    {
        var begun = await person.SendAsync(
            HttpMethod.Post, "/api/v1/users/me/logins", new { provider, returnUrl = OAuthWorld.Frontend }).Json(HttpStatusCode.OK);
        return new Uri(begun.Text("redirectUrl")).Query;
    }
}
