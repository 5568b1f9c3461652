using Portico.IntegrationTests.Browser;
using Portico.Testing;

namespace Portico.IntegrationTests.SecondFactors;

/// <summary>Passkeys of a real browser: headless Chromium with its virtual authenticator.</summary>
[Collection(FactorWorld.Tests.Name)]
public sealed class PasskeyBrowserTests(FactorWorld world)
{
    [Fact]
    public async Task Chromium_registers_a_passkey_and_signs_in_with_it()
    {
        var person = await world.App.SignUpAsync();
        // A page of the origin of the API: browsers take localhost for secure.
        var seen = await BrowserScript.RunAsync("passkey.mjs", $"http://localhost:{world.App.Api.Port}", person.AccessToken);

        var added = seen.GetProperty("added");
        Assert.Equal(201, added.GetProperty("status").GetInt32());
        Assert.NotEmpty(added.GetProperty("body").Text("name"));
        Assert.Equal(2, seen.GetProperty("signedIn").GetArrayLength());
        foreach (var answer in seen.GetProperty("signedIn").EnumerateArray())
        {
            Assert.Equal(200, answer.GetProperty("status").GetInt32());
            var signedIn = new TestPerson(world.App, person.Email, person.Password);
            signedIn.Take(answer.GetProperty("body"));
            Assert.Equal(person.Id, signedIn.Id);
        }
    }
}
