using System.Net;
using System.Text.Json;
using Portico.IntegrationTests.Browser;
using Portico.Testing;
using Portico.Testing.Providers;

namespace Portico.IntegrationTests.OAuth;

/// <summary>Sign-in with the providers in a real browser.</summary>
[Collection(OAuthWorld.Tests.Name)]
public sealed class OAuthBrowserTests(OAuthWorld world)
{
    [Fact]
    public async Task Chromium_signs_in_with_every_provider_in_tabs_at_the_same_time()
    {
        var people = FakeProviders.Names.ToDictionary(
            provider => provider,
            provider => new FakePerson { Email = $"{Guid.NewGuid():N}@example.org", IsEmailVerified = true, Name = "Ada Lovelace" },
            StringComparer.Ordinal);

        var origin = world.App.Api.GetLeftPart(UriPartial.Authority);
        var answer = await BrowserScript.RunAsync(
            "providers.mjs", [origin, world.OwnPage, .. people.Select(one => $"{one.Key}={world.Providers.Add(one.Value)}")]);

        // Each flow has a cookie of its own, which no script reads and no other site sends in the background, and its end removes it.
        var cookies = answer.GetProperty("flowCookies").EnumerateArray().ToArray();
        Assert.Equal(people.Count, cookies.Select(cookie => cookie.Text("name")).Distinct().Count());
        Assert.All(cookies, cookie =>
        {
            Assert.True(cookie.GetProperty("httpOnly").GetBoolean());
            Assert.Equal("Lax", cookie.Text("sameSite"));
        });
        Assert.Equal(0, answer.GetProperty("left").GetInt32());
        foreach (var (provider, person) in people)
            await AssertSignedInAsync(provider, person, answer.GetProperty("seen").GetProperty(provider));
    }

    private async Task AssertSignedInAsync(string provider, FakePerson person, JsonElement seen)
    {
        Assert.Equal("localhost", seen.Text("providerHost"));
        Assert.Equal(["from", "code"], seen.GetProperty("parameters").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal((0, ""), (seen.GetProperty("stored").GetInt32(), seen.Text("cookies")));
        // The code in the URL is used once.
        Assert.Equal(400, seen.GetProperty("second").GetProperty("status").GetInt32());
        var first = seen.GetProperty("first");
        var tokens = first.GetProperty("body");
        if (provider != "google")
        {
            // These do not say that an address is verified, so a code to the address proves it.
            Assert.Equal(202, first.GetProperty("status").GetInt32());
            tokens = await world.ProveAsync(tokens, await world.CodeAsync(person.Email!)).Json(HttpStatusCode.OK);
        }

        var signedIn = new TestPerson(world.App, person.Email!, "");
        signedIn.Take(tokens);
        Assert.Equal([provider], await OAuthWorld.LoginsAsync(signedIn));
        var me = await signedIn.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK);
        Assert.Equal((person.Email, person.Name), (me.Text("email"), me.Text("displayName")));
    }
}
