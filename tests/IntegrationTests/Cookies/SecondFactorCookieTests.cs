using System.Net;
using Portico.IntegrationTests.SecondFactors;
using Portico.Testing;

namespace Portico.IntegrationTests.Cookies;

/// <summary>Sign-in by the cookie of people who have a second factor or a passkey.</summary>
[Collection(CookieWorld.Tests.Name)]
public sealed class SecondFactorCookieTests(CookieWorld world)
{
    private const string Login = CookieBrowser.Path + "/login";

    [Fact]
    public async Task A_code_of_the_authenticator_app_ends_in_a_cookie_and_the_password_alone_does_not()
    {
        var (browser, person) = await world.SignedInAsync();
        var added = await browser.SendAsync(HttpMethod.Post, "/api/v1/users/me/totp").Json(HttpStatusCode.OK);
        var clock = TotpClock.Of(added.Text("secret"));
        await browser.SendAsync(HttpMethod.Post, "/api/v1/users/me/totp/confirm", new { code = clock.Code() }).Json(HttpStatusCode.OK);
        await world.App.Database.ExecuteAsync("UPDATE identity.totp SET last_step = 0 WHERE user_id = $1", person.Id);

        var other = world.Browser();
        var challenge = await other.LogInAsync(person).Json(HttpStatusCode.Accepted);
        Assert.Equal("totp recoveryCode", FactorWorld.MethodsOf(challenge));
        Assert.Null(other.Cookie);
        object Answer(string code) => new { challengeId = challenge.Text("challengeId"), method = "totp", code };
        await other.SendAsync(HttpMethod.Post, $"{Login}/challenge", Answer(FactorWorld.Wrong(clock.Code())))
            .Problem(HttpStatusCode.BadRequest, "invalid_code");
        Assert.Null(other.Cookie);

        var signedIn = await other.SendAsync(HttpMethod.Post, $"{Login}/challenge", Answer(clock.Code())).Json(HttpStatusCode.OK);
        Assert.Equal(person.Id, signedIn.GetProperty("userId").GetGuid());
        Assert.False(signedIn.TryGetProperty("accessToken", out _));
        await other.WhoAsync().Json(HttpStatusCode.OK);
        await other.SendAsync(HttpMethod.Get, "/api/v1/users/me").Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_passkey_ends_in_a_cookie_and_a_page_of_another_origin_can_not_use_it()
    {
        var (browser, person) = await world.SignedInAsync();
        var authenticator = new SoftwareAuthenticator(world.App.Api);
        var options = await browser.SendAsync(HttpMethod.Post, "/api/v1/users/me/passkeys/options").Json(HttpStatusCode.OK);
        await browser.SendAsync(HttpMethod.Post, "/api/v1/users/me/passkeys", authenticator.Register(options))
            .Json(HttpStatusCode.Created);

        var other = world.Browser();
        var asked = await other.SendAsync(HttpMethod.Post, "/api/v1/auth/passkeys/options").Json(HttpStatusCode.OK);
        var assertion = authenticator.Assert(asked);
        (string, string)[] foreign = [("Origin", "https://evil.example.com"), ("X-CSRF", "1")];
        await other.SendRawAsync(HttpMethod.Post, $"{CookieBrowser.Path}/passkeys", assertion, foreign)
            .Problem(HttpStatusCode.Forbidden, "cross_site_request");
        Assert.Null(other.Cookie);

        // The refusal came before any work: the same proof is still good.
        var signedIn = await other.SendAsync(HttpMethod.Post, $"{CookieBrowser.Path}/passkeys", assertion).Json(HttpStatusCode.OK);
        Assert.Equal(person.Id, signedIn.GetProperty("userId").GetGuid());
        Assert.False(signedIn.TryGetProperty("accessToken", out _));
        await other.WhoAsync().Json(HttpStatusCode.OK);
    }
}
