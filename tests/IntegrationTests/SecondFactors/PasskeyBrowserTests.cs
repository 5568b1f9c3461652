using System.Net;
using System.Text.Json;
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
        await using var browser = await Chromium.StartAsync();
        // A page of the origin of the API: browsers take localhost for secure.
        await browser.OpenAsync($"http://localhost:{world.App.Api.Port}/");
        await browser.AddAuthenticatorAsync();

        var creation = await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/passkeys/options").Json(HttpStatusCode.OK);
        var made = await browser.EvaluateAsync(
            $$"""
            navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON({{creation}}) })
              .then(made => JSON.stringify(made.toJSON()))
            """);
        var added = await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/passkeys", JsonSerializer.Deserialize<JsonElement>(made))
            .Json(HttpStatusCode.Created);
        Assert.NotEmpty(added.Text("name"));

        // The browser has the passkey, and finds it without the name of a user.
        for (var n = 0; n < 2; n++)
        {
            var request = await world.OptionsAsync();
            var shown = await browser.EvaluateAsync(
                $$"""
                navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON({{request}}) })
                  .then(shown => JSON.stringify(shown.toJSON()))
                """);
            var signedIn = new TestPerson(world.App, person.Email, person.Password);
            signedIn.Take(
                await world.App.Client.Post("auth/passkeys", JsonSerializer.Deserialize<JsonElement>(shown)).Json(HttpStatusCode.OK));
            Assert.Equal(person.Id, signedIn.Id);
        }
    }
}
