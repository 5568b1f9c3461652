using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Web;
using Portico.DevStack;
using Portico.Testing;
using Portico.Testing.Providers;

namespace Portico.IntegrationTests.OAuth;

/// <summary>One application with all four providers and a Telegram bot, for all tests of sign-in with them.</summary>
public sealed class OAuthWorld : IAsyncLifetime
{
    /// <summary>A frontend on another host.</summary>
    public const string Frontend = "https://app.example.com/signed-in";

    /// <summary>The tests that share it.</summary>
    [CollectionDefinition(Name)]
    public sealed class Tests : ICollectionFixture<OAuthWorld>
    {
        public const string Name = "Sign-in with providers";
    }

    /// <summary>The servers of a test that ends them; otherwise those of all tests.</summary>
    public LocalStack? Stack { get; init; }

    public PorticoApp App { get; private set; } = null!;

    /// <summary>Where a browser was sent while Google did not answer; afterwards its endpoints are known.</summary>
    public Uri WhileGoogleWasAway { get; private set; } = null!;

    public FakeProviders Providers { get; private set; } = null!;

    public FakeTelegram Telegram { get; private set; } = null!;

    /// <summary>A page on the host of Portico itself.</summary>
    public string OwnPage => $"{App.Api}welcome?from=provider";

    public async Task InitializeAsync()
    {
        Providers = await FakeProviders.StartAsync();
        Telegram = await FakeTelegram.StartAsync();
        var address = $"http://127.0.0.1:{Ports.Free()}";
        var settings = Providers.Settings();
        settings["urls"] = settings["Tokens:Issuer"] = address;
        settings["OAuth:ReturnUrls:0"] = Frontend;
        settings["OAuth:ReturnUrls:1"] = $"{address}/welcome?from=provider";
        foreach (var (key, value) in Telegram.Settings())
            settings[key] = value;
        settings["Telegram:Timeout"] = "00:00:04";
        settings["Telegram:RetryAfter"] = "00:00:01";
        settings["SignIn:ChallengeAfter"] = "2";
        App = await PorticoApp.StartAsync(new PorticoAppOptions { Stack = Stack, Settings = settings });

        Providers.IsGoogleAway = true;
        using var browser = Browser();
        WhileGoogleWasAway = await browser.StartAsync("google", To(Frontend));
        Providers.IsGoogleAway = false;
    }

    public async Task DisposeAsync()
    {
        await App.DisposeAsync();
        await Providers.DisposeAsync();
        await Telegram.DisposeAsync();
    }

    public TestBrowser Browser() => new(App, Providers);

    /// <summary>A flow in a browser of its own, up to the exchange of the code.</summary>
    public async Task<HttpResponseMessage> SignInAsync(string provider, FakePerson person, bool ignoreAddress = false)
    {
        using var browser = Browser();
        return await browser.ExchangeAsync(new { code = CodeIn(await browser.FlowAsync(provider, person, To(Frontend))), ignoreAddress });
    }

    /// <summary>Signs somebody in who needs no code, and gives the person with the tokens.</summary>
    public async Task<TestPerson> SignedInAsync(string provider, FakePerson person)
    {
        var signedIn = new TestPerson(App, person.Email ?? "nobody@example.org", "");
        signedIn.Take(await SignInAsync(provider, person).Json(HttpStatusCode.OK));
        return signedIn;
    }

    /// <summary>Answers the challenge of a sign-in.</summary>
    public Task<HttpResponseMessage> ProveAsync(JsonElement challenge, string code) => App.Client.PostAsJsonAsync(
        "/api/v1/auth/login/challenge", new { challengeId = challenge.Text("challengeId"), method = "addressCode", code });

    /// <summary>Links an account of a provider to a person who is signed in.</summary>
    public async Task<HttpResponseMessage> LinkAsync(TestPerson person, string provider, FakePerson account)
    {
        using var browser = Browser();
        var begun = await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/logins", new { provider, returnUrl = Frontend })
            .Json(HttpStatusCode.OK);
        var start = new Uri(begun.Text("redirectUrl"));
        var end = await browser.FlowAsync(provider, account, start.Query.TrimStart('?'));
        return await browser.ExchangeAsync(new { code = CodeIn(end) }, person.AccessToken);
    }

    public static async Task<string[]> LoginsAsync(TestPerson person) =>
        [.. (await person.GetAsync("/api/v1/users/me/logins").Json(HttpStatusCode.OK)).GetProperty("items").EnumerateArray()
            .Select(login => login.Text("provider"))];

    /// <summary>The code that a sign-in with a provider sent to an address.</summary>
    public async Task<string> CodeAsync(string email) => PorticoApp.CodeIn(
        await App.MessageAsync(email, text => text.Contains("Somebody signs in with", StringComparison.Ordinal)));

    public static string To(string returnUrl) => $"returnUrl={Uri.EscapeDataString(returnUrl)}";

    public static string CodeIn(Uri end) =>
        HttpUtility.ParseQueryString(end.Query)["code"] ?? throw new InvalidOperationException($"There is no code in {end}.");

    public static string? ErrorIn(Uri end) => HttpUtility.ParseQueryString(end.Query)["error"];

    public static string WrongCode(string code) => code == "000000" ? "000001" : "000000";
}
