using System.Buffers.Text;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Portico.Infrastructure.Configuration;
using Portico.Testing;
using Portico.Testing.Providers;
using Portico.WebApi.OAuth;
using StackExchange.Redis;

namespace Portico.IntegrationTests.OAuth;

/// <summary>The way of the browser to a provider and back, and the code at its end.</summary>
[Collection(OAuthWorld.Tests.Name)]
public sealed class OAuthFlowTests(OAuthWorld world)
{
    private const int Tabs = 20;

    public static TheoryData<string> Providers() => [.. FakeProviders.Names];

    [Fact]
    public async Task Lists_the_configured_providers_with_the_urls_that_begin_a_sign_in()
    {
        var list = await world.App.Client.GetAsync("/api/v1/auth/oauth/providers").Json(HttpStatusCode.OK);

        Assert.Equal(FakeProviders.Names, list.GetProperty("items").EnumerateArray().Select(provider => provider.Text("name")));
        Assert.All(
            list.GetProperty("items").EnumerateArray(),
            provider => Assert.Equal(
                $"{world.App.Api}api/v1/auth/oauth/{provider.Text("name")}/start", provider.Text("startUrl")));
    }

    [Fact]
    public async Task Without_client_ids_there_are_no_providers()
    {
        var app = await PorticoApp.SharedAsync();

        var list = await app.Client.GetAsync("/api/v1/auth/oauth/providers").Json(HttpStatusCode.OK);
        Assert.Equal(0, list.GetProperty("items").GetArrayLength());
        await app.Client.GetAsync($"/api/v1/auth/oauth/google/start?{OAuthWorld.To(OAuthWorld.Frontend)}")
            .Problem(HttpStatusCode.NotFound, "not_found");
        await app.Client.GetAsync("/api/v1/auth/oauth/google/callback?code=1&state=2").Problem(HttpStatusCode.NotFound, "not_found");
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Asks_the_provider_with_a_state_of_its_own_pkce_and_one_redirect_uri(string provider)
    {
        using var browser = world.Browser();
        var first = HttpUtility.ParseQueryString((await browser.StartAsync(provider, OAuthWorld.To(OAuthWorld.Frontend))).Query);
        var second = HttpUtility.ParseQueryString((await browser.StartAsync(provider, OAuthWorld.To(OAuthWorld.Frontend))).Query);

        Assert.Equal("code", first["response_type"]);
        Assert.Equal($"{provider}-client", first["client_id"]);
        Assert.Equal($"{world.App.Api}api/v1/auth/oauth/{provider}/callback", first["redirect_uri"]);
        Assert.Equal("S256", first["code_challenge_method"]);
        Assert.Equal(43, first["code_challenge"]!.Length);
        Assert.NotEqual(first["state"], second["state"]);
        Assert.NotEqual(first["code_challenge"], second["code_challenge"]);
        Assert.Equal(provider == "google", first["nonce"] is { Length: >= 22 });
        Assert.Equal(provider == "google", first["scope"]!.Split(' ').Contains("openid"));
        // One cookie for each flow, for this host only, and out of reach of scripts.
        Assert.Equal(2, browser.Cookies.Keys.Count(name => name.StartsWith("portico-oauth.", StringComparison.Ordinal)));
        Assert.All(browser.SetCookies, cookie =>
        {
            Assert.Contains("; path=/;", cookie, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("; samesite=lax; httponly", cookie, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("domain=", cookie, StringComparison.OrdinalIgnoreCase);
        });
    }

    [Theory]
    [InlineData("https://api.example.com", "__Host-portico-oauth", CookieSecurePolicy.Always)]
    [InlineData("http://127.0.0.1:5080", "portico-oauth", CookieSecurePolicy.None)]
    public void Over_https_its_cookies_are_secure_and_belong_to_this_host(string publicUrl, string name, CookieSecurePolicy secure)
    {
        var providers = new ConfiguredProviders(
            [], new OAuthSettings { PublicUrl = publicUrl }, new Infrastructure.SigningKeys.TokenSettings());

        var cookie = new OAuthCookies(providers, TimeProvider.System).OfState();

        Assert.Equal((name, "/", null, true, secure), (cookie.Name, cookie.Path, cookie.Domain, cookie.HttpOnly, cookie.SecurePolicy));
    }

    [Theory]
    [InlineData("https://app.example.com/signed-in/")]
    [InlineData("https://app.example.com/signed-in?next=1")]
    [InlineData("https://APP.example.com/signed-in")]
    [InlineData("https://app.example.com.attacker.example/signed-in")]
    [InlineData("https://app.example.com/signed-in#")]
    [InlineData("//app.example.com/signed-in")]
    [InlineData("javascript:alert(1)")]
    [InlineData("")]
    public async Task Returns_to_listed_urls_only_character_by_character(string returnUrl)
    {
        await world.App.Client.GetAsync($"/api/v1/auth/oauth/google/start?{OAuthWorld.To(returnUrl)}")
            .Problem(HttpStatusCode.BadRequest, "return_url_not_allowed");

        var person = await world.App.SignUpAsync();
        await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/logins", new { provider = "google", returnUrl })
            .Problem(HttpStatusCode.BadRequest, returnUrl.Length > 0 ? "return_url_not_allowed" : "validation_failed");
    }

    [Fact]
    public async Task A_code_works_once_also_when_many_try_at_once_and_no_token_is_in_a_url()
    {
        using var browser = world.Browser();
        var end = await browser.FlowAsync("vk", new FakePerson(), OAuthWorld.To(OAuthWorld.Frontend));
        Assert.Equal($"{OAuthWorld.Frontend}?code={OAuthWorld.CodeIn(end)}", end.AbsoluteUri);
        Assert.Equal(43, OAuthWorld.CodeIn(end).Length);

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            using var answer = await browser.ExchangeAsync(new { code = OAuthWorld.CodeIn(end) });
            return answer.StatusCode;
        }));

        Assert.Single(answers, HttpStatusCode.OK);
        Assert.Equal(9, answers.Count(status => status == HttpStatusCode.BadRequest));
        await browser.ExchangeAsync(new { code = new string('A', 43) }).Problem(HttpStatusCode.BadRequest, "invalid_code");
    }

    [Fact]
    public async Task A_code_for_a_page_of_this_host_works_in_its_browser_only()
    {
        using var browser = world.Browser();
        var end = await browser.FlowAsync("yandex", new FakePerson(), OAuthWorld.To(world.OwnPage));
        Assert.StartsWith($"{world.OwnPage}&code=", end.AbsoluteUri, StringComparison.Ordinal);
        var code = OAuthWorld.CodeIn(end);

        await world.App.Client.PostAsJsonAsync("/api/v1/auth/oauth/exchange", new { code })
            .Problem(HttpStatusCode.BadRequest, "invalid_code");
        // A thief who has seen the URL has not used the code up.
        await browser.ExchangeAsync(new { code }).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_code_of_a_flow_with_a_challenge_needs_its_verifier()
    {
        var verifier = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
        var query = $"{OAuthWorld.To(OAuthWorld.Frontend)}&codeChallenge={challenge}";
        using var browser = world.Browser();

        var stolen = OAuthWorld.CodeIn(await browser.FlowAsync("facebook", new FakePerson(), query));
        await browser.ExchangeAsync(new { code = stolen }).Problem(HttpStatusCode.BadRequest, "invalid_code");
        var guessed = OAuthWorld.CodeIn(await browser.FlowAsync("facebook", new FakePerson(), query));
        await browser.ExchangeAsync(new { code = guessed, codeVerifier = challenge }).Problem(HttpStatusCode.BadRequest, "invalid_code");
        var code = OAuthWorld.CodeIn(await browser.FlowAsync("facebook", new FakePerson(), query));
        await browser.ExchangeAsync(new { code, codeVerifier = verifier }).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Returns_to_a_page_of_an_international_domain()
    {
        const string page = "https://\u043F\u0440\u0438\u043C\u0435\u0440.\u0440\u0444/\u0432\u0445\u043E\u0434?from=portico";
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            ReplicaOf = world.App,
            Settings = { ["OAuth:ReturnUrls:0"] = page },
        });
        using var browser = new TestBrowser(app, world.Providers);
        foreach (var fault in (ProviderFault[])[ProviderFault.None, ProviderFault.Denies])
        {
            var end = await browser.FlowAsync("yandex", new FakePerson { Fault = fault }, OAuthWorld.To(page));
            Assert.StartsWith(
                "https://xn--e1afmkfd.xn--p1ai/%D0%B2%D1%85%D0%BE%D0%B4?from=portico&", end.OriginalString, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("https://attacker.example.com")]
    [InlineData("")]
    [InlineData("\0")]
    public async Task Refuses_an_answer_that_names_its_issuer_twice(string second)
    {
        using var browser = world.Browser();
        var callback = await browser.DecideAsync(
            await browser.StartAsync("google", OAuthWorld.To(OAuthWorld.Frontend)), new FakePerson());
        using var answer = await browser.OpenAsync(new Uri($"{callback}&iss={Uri.EscapeDataString(second)}"));
        Assert.Equal("sign_in_failed", OAuthWorld.ErrorIn(answer.Headers.Location!));
    }

    [Theory]
    [InlineData("google")]
    [InlineData("facebook")]
    [InlineData("yandex")]
    public async Task Refuses_a_subject_that_can_not_be_stored(string provider)
    {
        foreach (var subject in (string[])["12\0" + "3", new('1', 256)])
        {
            using var browser = world.Browser();
            var end = await browser.FlowAsync(
                provider, new FakePerson { Subject = subject }, OAuthWorld.To(OAuthWorld.Frontend));
            Assert.Equal("sign_in_failed", OAuthWorld.ErrorIn(end));
        }
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Twenty_tabs_of_one_browser_sign_in_at_the_same_time(string provider)
    {
        // One person, who has never been here: one user comes of it.
        var person = new FakePerson();
        using var browser = world.Browser();

        var starts = await Task.WhenAll(
            Enumerable.Range(0, Tabs).Select(_ => browser.StartAsync(provider, OAuthWorld.To(OAuthWorld.Frontend))));
        Assert.Equal(Tabs, browser.Cookies.Count);
        var callbacks = await Task.WhenAll(starts.Select(start => browser.DecideAsync(start, person)));
        var codes = await Task.WhenAll(callbacks.Select(async callback =>
        {
            using var answer = await browser.OpenAsync(callback);
            return OAuthWorld.CodeIn(answer.Headers.Location!);
        }));
        var tokens = await Task.WhenAll(codes.Select(code => browser.ExchangeAsync(new { code }).Json(HttpStatusCode.OK)));

        var signedIn = tokens.Select(token =>
        {
            var tab = new TestPerson(world.App, "", "");
            tab.Take(token);
            return tab;
        }).ToArray();
        Assert.Single(signedIn.Select(tab => tab.Id).Distinct());
        Assert.Equal(Tabs, signedIn.Select(tab => tab.SessionId).Distinct().Count());
        Assert.Empty(browser.Cookies);
    }

    [Fact]
    public async Task Tabs_of_one_browser_register_one_user_with_a_verified_address()
    {
        var person = new FakePerson { Email = PorticoApp.NewEmail(), IsEmailVerified = true };

        var ids = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ => (await world.SignedInAsync("google", person)).Id));

        Assert.Single(ids.Distinct());
    }

    [Fact]
    public void Comes_back_with_an_error_when_the_provider_is_away() =>
        Assert.Equal($"{OAuthWorld.Frontend}?error=provider_unavailable", world.WhileGoogleWasAway.AbsoluteUri);

    [Fact]
    public async Task Neither_a_code_nor_what_the_provider_said_can_be_read_in_redis()
    {
        var person = new FakePerson { Email = PorticoApp.NewEmail(), Name = "Grace Hopper of Arlington" };
        using var browser = world.Browser();
        var end = await browser.FlowAsync("facebook", person, OAuthWorld.To(OAuthWorld.Frontend));
        await using var redis = await ConnectionMultiplexer.ConnectAsync(world.App.Stack.Redis.ConnectionString + ",allowAdmin=true");
        var prefix = world.App.Settings["Redis:KeyPrefix"];

        var keys = redis.GetServers()[0].Keys(pattern: $"{prefix}one-time:*").ToArray();
        Assert.NotEmpty(keys);
        foreach (var key in keys)
        {
            Assert.DoesNotContain(OAuthWorld.CodeIn(end), (string)key!, StringComparison.Ordinal);
            Assert.InRange((await redis.GetDatabase().KeyTimeToLiveAsync(key))!.Value, TimeSpan.Zero, TimeSpan.FromMinutes(10));
            var text = Encoding.Latin1.GetString((byte[])(await redis.GetDatabase().StringGetAsync(key))! ?? []);
            foreach (var secret in (string[])[person.Email!, person.Subject, person.Name])
                Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Other_requests_do_not_pass_through_openiddict() =>
        Assert.Empty(await world.App.Services.GetRequiredService<IAuthenticationSchemeProvider>().GetRequestHandlerSchemesAsync());

    [Fact]
    public void Settings_that_make_no_sense_are_named()
    {
        Assert.Empty(new OAuthSettings().Validate());
        AssertProblem("OAuth:Google:ClientSecret", new() { Google = new() { ClientId = "x", Issuer = "https://accounts.google.com" } });
        AssertProblem("OAuth:Yandex:ClientId", new() { Yandex = With(new OAuthSettings().Yandex, clientId: "", "secret") });
        AssertProblem("OAuth:ReturnUrls:0", new() { Vk = With(new OAuthSettings().Vk, "x", "") });
        AssertProblem("OAuth:Facebook:TokenUrl", new() { Facebook = new() { TokenUrl = "http://graph.example.com" } });
        AssertProblem("OAuth:PublicUrl", new() { PublicUrl = "http://api.example.com" });
        foreach (var url in (string[])["app.example.com", "http://app.example.com", "https://a.example#x", "javascript:alert(1)", "/in"])
            AssertProblem("OAuth:ReturnUrls:0", new() { ReturnUrls = [url] });
        string[] allowed = ["com.example.app:/in", "http://localhost:3000/in", "https://a.example/in?x=1"];
        Assert.Empty(new OAuthSettings { ReturnUrls = allowed }.Validate());
        Assert.Empty(new OAuthSettings { Vk = With(new OAuthSettings().Vk, "x", ""), ReturnUrls = ["https://a.example"] }.Validate());

        static void AssertProblem(string setting, OAuthSettings settings) =>
            Assert.Contains(settings.Validate(), problem => problem.StartsWith(setting + " ", StringComparison.Ordinal));
        static ProviderSettings With(ProviderSettings of, string clientId, string secret) => new()
        {
            ClientId = clientId,
            ClientSecret = secret,
            AuthorizationUrl = of.AuthorizationUrl,
            TokenUrl = of.TokenUrl,
            UserInfoUrl = of.UserInfoUrl,
        };
    }
}
