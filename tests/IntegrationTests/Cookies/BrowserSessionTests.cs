using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Portico.IntegrationTests.Gateway;
using Portico.Testing;
using StackExchange.Redis;

namespace Portico.IntegrationTests.Cookies;

/// <summary>Sessions of browsers: what the cookie is, what it opens, and when it ends.</summary>
[Collection(CookieWorld.Tests.Name)]
public sealed class BrowserSessionTests(CookieWorld world)
{
    private const string Session = CookieBrowser.Path;
    private const string Me = "/api/v1/users/me";

    [Fact]
    public async Task Sign_in_sets_a_cookie_for_this_host_only_and_keeps_the_tokens_on_the_server()
    {
        var person = await world.App.SignUpAsync();
        var browser = world.Browser();
        var answer = await browser.LogInAsync(person).Json(HttpStatusCode.OK);

        Assert.Equal(
            $"{CookieWorld.Cookie}={browser.Cookie}; max-age=7776000; path=/; secure; samesite=strict; httponly", browser.SetCookie);
        Assert.Equal(
            ["expiresAt", "permissions", "roles", "sessionId", "userId"],
            answer.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
        var who = await browser.WhoAsync().Json(HttpStatusCode.OK);
        Assert.Equal(person.Id, who.GetProperty("userId").GetGuid());
        Assert.Equal(answer.Text("sessionId"), who.Text("sessionId"));
        Assert.Equal(["user"], who.GetProperty("roles").EnumerateArray().Select(role => role.GetString()));
        Assert.InRange(who.GetProperty("expiresAt").GetDateTime(), DateTime.UtcNow.AddDays(13), DateTime.UtcNow.AddDays(15));
    }

    [Fact]
    public async Task Over_plain_http_in_development_the_cookie_has_no_prefix_and_is_not_secure()
    {
        var app = await PorticoApp.SharedAsync();
        var person = await app.SignUpAsync();
        // One of its own, which keeps no cookies for other tests.
        using var client = new HttpClient(new HttpClientHandler { UseCookies = false }) { BaseAddress = app.Api };
        var browser = new CookieBrowser(client, app.Api.GetLeftPart(UriPartial.Authority));
        await browser.LogInAsync(person).Json(HttpStatusCode.OK);

        Assert.Equal($"portico={browser.Cookie}; max-age=7776000; path=/; samesite=strict; httponly", browser.SetCookie);
        using var request = new HttpRequestMessage(HttpMethod.Get, Me);
        request.Headers.Add("Cookie", $"portico={browser.Cookie}");
        await client.SendAsync(request).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_cookie_opens_the_whole_api_and_the_list_of_sessions_has_its_session()
    {
        var (browser, person) = await world.SignedInAsync();

        Assert.Equal(person.Email, (await browser.SendAsync(HttpMethod.Get, Me).Json(HttpStatusCode.OK)).Text("email"));
        var wallet = await browser.SendAsync(HttpMethod.Post, "/api/v1/wallets", new { name = "Main", currency = "EUR" })
            .Json(HttpStatusCode.Created);
        await browser.SendAsync(HttpMethod.Get, $"/api/v1/wallets/{wallet.Text("id")}").Json(HttpStatusCode.OK);
        var page = await browser.SendAsync(HttpMethod.Get, "/api/v1/dashboard?include=profile,wallets").Json(HttpStatusCode.OK);
        Assert.Empty(page.GetProperty("errors").EnumerateArray());
        var batch = await browser
            .SendAsync(HttpMethod.Post, "/api/v1/batch", new { requests = new[] { new { method = "GET", path = Me } } })
            .Json(HttpStatusCode.OK);
        Assert.Contains(person.Email, batch.ToString(), StringComparison.Ordinal);
        var sessions = await browser.SendAsync(HttpMethod.Get, "/api/v1/auth/sessions").Json(HttpStatusCode.OK);
        var current = sessions.GetProperty("items").EnumerateArray().Single(session => session.GetProperty("current").GetBoolean());
        Assert.Equal((await browser.WhoAsync().Json(HttpStatusCode.OK)).Text("sessionId"), current.Text("id"));
        Assert.Equal(2, sessions.GetProperty("items").GetArrayLength());
        await browser.At(world.Other).SendAsync(HttpMethod.Get, Me).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_service_behind_the_gateway_gets_a_token_of_the_caller_and_its_answer_is_for_no_shared_cache()
    {
        var (browser, person) = await world.SignedInAsync();
        var path = world.Service.On(async context =>
        {
            context.Response.Headers.CacheControl = "public, max-age=60, s-maxage=600";
            await context.Response.WriteAsync($"\"{await RecordingService.Caller(context)}\"");
        });
        using var answer = await browser.SendAsync(HttpMethod.Get, $"/api/v1/reports{path}");
        Assert.Equal($"\"{person.Id}\"", await answer.Content.ReadAsStringAsync());
        Assert.Equal((true, false, null), (
            answer.Headers.CacheControl!.Private, answer.Headers.CacheControl.Public, answer.Headers.CacheControl.SharedMaxAge));
        Assert.Null(Assert.Single(world.Service.At(path)).Header("Cookie"));

        (string, string)[] foreign = [("Origin", "https://evil.example.com"), ("X-CSRF", "1")];
        await browser.SendRawAsync(HttpMethod.Post, $"/api/v1/reports{path}", new { }, foreign)
            .Problem(HttpStatusCode.Forbidden, "cross_site_request");
        Assert.Single(world.Service.At(path));
    }

    [Fact]
    public async Task Says_401_to_everybody_without_the_cookie()
    {
        var person = await world.App.SignUpAsync();
        await world.Browser().WhoAsync().Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        await person.GetAsync(Session).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        await world.Browser().SendAsync(HttpMethod.Post, $"{Session}/refresh").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        await world.Browser().SendAsync(HttpMethod.Post, $"{Session}/logout").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task A_challenge_and_a_registration_end_in_a_cookie_too()
    {
        var email = PorticoApp.NewEmail();
        var browser = world.Browser();
        await world.App.Client.Post("auth/verify-code", new { email, reason = "registration" }).Json(HttpStatusCode.Accepted);
        var registration = await world.App.CodeAsync(email);
        var answer = await browser.SendAsync(
            HttpMethod.Post, $"{Session}/register",
            new { email, code = registration, password = "correct horse battery staple", displayName = "Ada" })
            .Json(HttpStatusCode.Created);
        Assert.False(answer.TryGetProperty("accessToken", out _));
        await browser.WhoAsync().Json(HttpStatusCode.OK);

        // As many failures as lead to a challenge.
        var person = new TestPerson(world.App, email, "correct horse battery staple");
        var challenge = await Eventually.Get(
            async () =>
            {
                using var tried = await browser.LogInAsync(new TestPerson(world.App, email, "a wrong password"));
                return tried.StatusCode == HttpStatusCode.Accepted ? tried : null;
            },
            "a challenge");
        Assert.NotNull(challenge);
        var asked = await browser.LogInAsync(person).Json(HttpStatusCode.Accepted);
        var before = browser.Cookie;
        // Messages are sent in the background, so the newest one may still be that of another request.
        HashSet<string> tried = [registration];
        await Eventually.Holds(
            async () =>
            {
                var code = await world.App.CodeAsync(email);
                if (!tried.Add(code))
                    return false;
                using var verified = await browser.SendAsync(
                    HttpMethod.Post, $"{Session}/login/challenge",
                    new { challengeId = asked.Text("challengeId"), method = "addressCode", code });
                return verified.StatusCode == HttpStatusCode.OK;
            },
            "the code of the challenge");
        Assert.NotEqual(before, browser.Cookie);
        await browser.WhoAsync().Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_sign_in_makes_a_new_secret_and_ends_the_session_that_the_browser_had()
    {
        var (attacker, _) = await world.SignedInAsync();
        var victim = await world.App.SignUpAsync();
        // The cookie was planted into the victim's browser.
        var browser = world.Browser();
        browser.Cookie = attacker.Cookie;
        await browser.LogInAsync(victim).Json(HttpStatusCode.OK);

        Assert.NotEqual(attacker.Cookie, browser.Cookie);
        Assert.Equal(victim.Id, (await browser.WhoAsync().Json(HttpStatusCode.OK)).GetProperty("userId").GetGuid());
        await attacker.WhoAsync().Problem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task An_access_token_counts_alone_also_when_it_is_invalid()
    {
        var (attacker, _) = await world.SignedInAsync();
        var victim = await world.App.SignUpAsync();
        Task<HttpResponseMessage> Both(HttpMethod method, string path, string token) =>
            attacker.SendRawAsync(
                method, path, method == HttpMethod.Patch ? new { displayName = "Grace" } : null, ("Authorization", $"Bearer {token}"));

        Assert.Equal(victim.Email, (await Both(HttpMethod.Get, Me, victim.AccessToken).Json(HttpStatusCode.OK)).Text("email"));
        // A page can't add the header in secret, so it needs no other.
        var changed = await Both(HttpMethod.Patch, Me, victim.AccessToken).Json(HttpStatusCode.OK);
        Assert.Equal(victim.Email, changed.Text("email"));
        await Both(HttpMethod.Get, Me, "nonsense").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        await Both(HttpMethod.Get, Session, victim.AccessToken).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        // Neither has ended.
        await attacker.WhoAsync().Json(HttpStatusCode.OK);
        await victim.GetAsync(Me).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Reads_one_cookie_with_the_name_of_this_host_and_no_other_text()
    {
        var (browser, person) = await world.SignedInAsync();
        var good = browser.Cookie!;
        async Task<HttpStatusCode> With(string cookies)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Me);
            request.Headers.TryAddWithoutValidation("Cookie", cookies);
            using var answer = await world.App.Client.SendAsync(request);
            return answer.StatusCode;
        }

        Assert.Equal(HttpStatusCode.OK, await With($"a=1; {CookieWorld.Cookie}={good}; b=2"));
        Assert.Equal(HttpStatusCode.Unauthorized, await With($"portico={good}"));
        Assert.Equal(HttpStatusCode.Unauthorized, await With($"__HOST-portico={good}"));
        Assert.Equal(HttpStatusCode.Unauthorized, await With($"__Host-portico-other={good}"));
        Assert.Equal(HttpStatusCode.Unauthorized, await With($"{CookieWorld.Cookie}={good}; {CookieWorld.Cookie}={good}"));
        Assert.Equal(HttpStatusCode.Unauthorized, await With($"{CookieWorld.Cookie}=\"{good}\""));
        Assert.Equal(HttpStatusCode.Unauthorized, await With($"{CookieWorld.Cookie}={good}A"));
        Assert.Equal(HttpStatusCode.Unauthorized, await With($"{CookieWorld.Cookie}="));
        Assert.Equal(HttpStatusCode.Unauthorized, await With($"{CookieWorld.Cookie}={person.RefreshToken}"));
        Assert.Equal(HttpStatusCode.Unauthorized, await With($"{CookieWorld.Cookie}={person.AccessToken}"));
        foreach (var at in (int[])[0, good.Length / 2, good.Length - 2])
        {
            var changed = good[..at] + (good[at] == 'A' ? 'B' : 'A') + good[(at + 1)..];
            Assert.Equal(HttpStatusCode.Unauthorized, await With($"{CookieWorld.Cookie}={changed}"));
        }

        // And it is no refresh token.
        await person.RefreshAsync(good).Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");
        await browser.WhoAsync().Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_refresh_replaces_the_cookie_and_the_one_before_it_works_for_what_is_on_its_way()
    {
        var (browser, _) = await world.SignedInAsync();
        await browser.WhoAsync().Json(HttpStatusCode.OK);
        var late = browser.At(world.App);
        var tab = browser.At(world.Other);
        await browser.SendAsync(HttpMethod.Post, $"{Session}/refresh").Json(HttpStatusCode.OK);
        await tab.SendAsync(HttpMethod.Post, $"{Session}/refresh").Json(HttpStatusCode.OK);

        Assert.NotEqual(late.Cookie, browser.Cookie);
        Assert.Equal(browser.Cookie, tab.Cookie);
        await browser.WhoAsync().Json(HttpStatusCode.OK);
        await late.WhoAsync().Json(HttpStatusCode.OK);
        await late.At(world.Other).WhoAsync().Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_lost_answer_to_a_refresh_signs_nobody_out_however_late_the_browser_comes_back()
    {
        var (browser, person) = await world.SignedInAsync();
        var (sent, session) = (browser.Cookie, await SessionOf(browser));
        var lost = await Refreshed(browser);
        await EndGraceAsync(person, session);
        browser.Cookie = sent;

        await browser.At(world.Other).WhoAsync().Json(HttpStatusCode.OK);
        Assert.Equal(lost, await Refreshed(browser.At(world.Other)));
    }

    [Fact]
    public async Task A_cookie_that_comes_back_after_its_successor_was_used_counts_as_stolen_and_ends_the_session()
    {
        var (browser, person) = await world.SignedInAsync();
        var stolen = browser.At(world.Other);
        await Refreshed(browser);
        await EndGraceAsync(person, await SessionOf(browser));
        await stolen.WhoAsync().Problem(HttpStatusCode.Unauthorized, "unauthenticated");

        var ended = Stopwatch.GetTimestamp();
        Assert.InRange(await LongestAccepted(browser, ended), TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.Equal(
            "1",
            await world.App.Database.TextAsync(
                "SELECT count(*) FROM audit_log WHERE action = 'session.ended_by_reuse' AND subject_id = $1", person.Id.ToString()));
    }

    [Fact]
    public async Task Sign_out_drops_the_cookie_and_ends_the_session_at_once_here_and_within_a_second_elsewhere()
    {
        await CookieWorld.WithinASecond(async () =>
        {
            var (browser, _) = await world.SignedInAsync();
            var (here, there) = (browser.At(world.App), browser.At(world.Other));
            await there.WhoAsync().Json(HttpStatusCode.OK);
            await browser.SendAsync(HttpMethod.Post, $"{Session}/logout").Json(HttpStatusCode.NoContent);

            var ended = Stopwatch.GetTimestamp();
            Assert.Null(browser.Cookie);
            Assert.Contains("expires=Thu, 01 Jan 1970", browser.SetCookie, StringComparison.Ordinal);
            Assert.Contains("; path=/; secure; samesite=strict; httponly", browser.SetCookie, StringComparison.Ordinal);
            await here.WhoAsync().Problem(HttpStatusCode.Unauthorized, "unauthenticated");
            return await LongestAccepted(there, ended);
        });
    }

    [Fact]
    public async Task A_session_that_is_ended_from_another_device_is_refused_within_a_second()
    {
        await CookieWorld.WithinASecond(async () =>
        {
            var (browser, person) = await world.SignedInAsync();
            var there = browser.At(world.Other);
            await there.WhoAsync().Json(HttpStatusCode.OK);
            await person.SendAsync(HttpMethod.Delete, "/api/v1/auth/sessions").Json(HttpStatusCode.NoContent);

            var ended = Stopwatch.GetTimestamp();
            await browser.WhoAsync().Problem(HttpStatusCode.Unauthorized, "unauthenticated");
            return await LongestAccepted(there, ended);
        });
    }

    [Fact]
    public async Task A_new_role_acts_without_a_new_sign_in_and_a_block_ends_it()
    {
        var (browser, person) = await world.SignedInAsync();
        var admin = await world.App.SignUpAsync(Portico.Domain.Users.Role.Admin);
        await browser.WhoAsync().Json(HttpStatusCode.OK);
        await admin.SendAsync(HttpMethod.Put, $"/api/v1/users/{person.Id}/roles", new { roles = new[] { "manager" } })
            .Json(HttpStatusCode.OK);
        var who = await browser.WhoAsync().Json(HttpStatusCode.OK);
        Assert.Equal(["manager", "user"], who.GetProperty("roles").EnumerateArray().Select(role => role.GetString()));

        await admin.SendAsync(HttpMethod.Post, $"/api/v1/users/{person.Id}/block", new { reason = "a test" }).Json(HttpStatusCode.OK);
        await browser.WhoAsync().Problem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task A_new_password_gives_another_cookie_no_token_and_no_grace()
    {
        var (browser, person) = await world.SignedInAsync();
        var before = browser.At(world.App);
        var answer = await browser.SendAsync(
            HttpMethod.Post, "/api/v1/auth/update-password",
            new { userId = person.Id, oldPassword = person.Password, newPassword = "another horse, another staple" })
            .Json(HttpStatusCode.OK);

        Assert.False(answer.TryGetProperty("accessToken", out _));
        Assert.NotEqual(before.Cookie, browser.Cookie);
        await browser.WhoAsync().Json(HttpStatusCode.OK);
        await before.WhoAsync().Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        await person.GetAsync(Me).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Redis_and_the_log_have_nothing_of_the_cookie()
    {
        var (browser, person) = await world.SignedInAsync();
        var first = browser.Cookie!;
        await Refreshed(browser);
        await browser.WhoAsync().Json(HttpStatusCode.OK);
        // The log has the path of each request, so it is not empty.
        using var other = await browser.SendAsync(HttpMethod.Get, $"/api/v1/nothing?at={Guid.NewGuid()}");

        await using var redis = await ConnectionMultiplexer.ConnectAsync(world.App.Stack.Redis.ConnectionString + ",allowAdmin=true");
        var database = redis.GetDatabase();
        var prefix = world.App.Settings["Redis:KeyPrefix"];
        var keys = redis.GetServers()[0].Keys(pattern: $"{prefix}*").ToArray();
        Assert.Contains(keys, key => ((string)key!).Contains($"{person.Id:N}", StringComparison.Ordinal));
        foreach (var cookie in (string[])[first, browser.Cookie!])
        {
            // The end is the MAC, without which the rest opens nothing.
            var mac = System.Buffers.Text.Base64Url.DecodeFromChars(cookie)[37..];
            foreach (var key in keys)
            {
                var content = Encoding.Latin1.GetString(await database.KeyDumpAsync(key) ?? []);
                foreach (var secret in (string[])[cookie, Encoding.Latin1.GetString(mac), Convert.ToHexString(mac)])
                {
                    Assert.DoesNotContain(secret, (string)key!, StringComparison.OrdinalIgnoreCase);
                    Assert.DoesNotContain(secret, content, StringComparison.Ordinal);
                }
            }

            Assert.NotEmpty(world.Log);
            Assert.DoesNotContain(world.Log, line => line.Contains(cookie[^43..], StringComparison.Ordinal));
        }
    }

    private static async Task<string> Refreshed(CookieBrowser browser)
    {
        await browser.SendAsync(HttpMethod.Post, $"{Session}/refresh").Json(HttpStatusCode.OK);
        return browser.Cookie!;
    }

    /// <summary>How long after a time a cookie was still accepted, by when the request was sent.</summary>
    private static async Task<TimeSpan> LongestAccepted(CookieBrowser browser, long ended)
    {
        var accepted = ended;
        await Eventually.Holds(
            async () =>
            {
                var sent = Stopwatch.GetTimestamp();
                using var answer = await browser.WhoAsync();
                if (answer.StatusCode == HttpStatusCode.Unauthorized)
                    return true;
                accepted = sent;
                return false;
            },
            "the cookie is refused");
        return Stopwatch.GetElapsedTime(ended, accepted);
    }

    private static async Task<Guid> SessionOf(CookieBrowser browser) =>
        Guid.Parse((await browser.WhoAsync().Json(HttpStatusCode.OK)).Text("sessionId"));

    /// <summary>Lets the grace period pass, by moving what Redis remembers.</summary>
    private async Task EndGraceAsync(TestPerson person, Guid session)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(world.App.Stack.Redis.ConnectionString);
        RedisKey key = $"{world.App.Settings["Redis:KeyPrefix"]}session:{{{person.Id:N}}}:{session:N}";
        foreach (var time in (string[])["rotated", "resumedAt"])
            await redis.GetDatabase().HashDecrementAsync(key, time, 10_001);
        await redis.GetDatabase().HashDeleteAsync(key, "earlier");
    }
}
