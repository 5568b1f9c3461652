using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Portico.Testing;

namespace Portico.IntegrationTests.SecondFactors;

/// <summary>Passkeys: registration, sign-in, and what an attacker tries.</summary>
[Collection(FactorWorld.Tests.Name)]
public sealed class PasskeyTests(FactorWorld world)
{
    private const string Passkeys = "/api/v1/users/me/passkeys";

    private static readonly Dictionary<string, Func<Ceremony, Ceremony>> Lies = new(StringComparer.Ordinal)
    {
        ["another origin"] = said => said with { Origin = "https://evil.example" },
        ["another port"] = said => said with { Origin = "http://localhost:1" },
        ["an origin that begins alike"] = said => said with { Origin = said.Origin + ".evil.example" },
        ["another relying party"] = said => said with { RelyingPartyId = "evil.example" },
        ["no user verification"] = said => said with { IsVerified = false },
        ["nobody present"] = said => said with { IsPresent = false },
        ["another type"] = said => said with { Type = said.Type == "webauthn.get" ? "webauthn.create" : "webauthn.get" },
        ["a frame of another origin"] = said => said with { IsCrossOrigin = true },
        ["a challenge that nobody made"] = said => said with { Challenge = "8vXz0m3Jk2n5Yq7Rw1Tb4Uc6Ve9Lp0aSdFgHjKlZxCv" },
        ["no challenge"] = said => said with { Challenge = "" },
    };

    private static readonly Dictionary<string, Func<Ceremony, Ceremony>> LiesOfRegistration = new(Lies, StringComparer.Ordinal)
    {
        ["an algorithm that was not offered"] = said => said with { Algorithm = -8 },
        ["an algorithm that does not exist"] = said => said with { Algorithm = -4711 },
        ["broken bytes"] = said => said with { Forge = data => RandomNumberGenerator.Fill(data.AsSpan(37)) },
    };

    private static readonly Dictionary<string, Func<Ceremony, Ceremony>> LiesOfSignIn = new(Lies, StringComparer.Ordinal)
    {
        ["the handle of another user"] = said => said with { UserHandle = Guid.NewGuid().ToByteArray() },
        ["no handle"] = said => said with { UserHandle = null },
        ["a changed count"] = said => said with { Forge = data => data[36]++ },
        ["a changed flag"] = said => said with { IsVerified = false, Forge = data => data[32] |= 4 },
    };

    public static TheoryData<string> NamesOfRegistration => [.. LiesOfRegistration.Keys];

    public static TheoryData<string> NamesOfSignIn => [.. LiesOfSignIn.Keys];

    private PorticoApp App => world.App;

    [Fact]
    public async Task Registers_and_signs_in_without_a_password()
    {
        var person = await App.SignUpAsync();
        var options = await person.SendAsync(HttpMethod.Post, $"{Passkeys}/options").Json(HttpStatusCode.OK);
        Assert.Equal("localhost", options.GetProperty("rp").Text("id"));
        Assert.Equal(person.Email, options.GetProperty("user").Text("name"));
        Assert.Equal("required", options.GetProperty("authenticatorSelection").Text("userVerification"));
        Assert.Equal("required", options.GetProperty("authenticatorSelection").Text("residentKey"));
        var authenticator = new SoftwareAuthenticator(App.Api);
        var body = authenticator.Register(options, name: "Phone of Ada");
        var added = await person.SendAsync(HttpMethod.Post, Passkeys, body).Json(HttpStatusCode.Created);
        Assert.Equal("Phone of Ada", added.Text("name"));
        await App.MessageAsync(person.Email, text => text.Contains("A passkey was added", StringComparison.Ordinal));
        // The authenticator offers no second one for the same account.
        var again = await person.SendAsync(HttpMethod.Post, $"{Passkeys}/options").Json(HttpStatusCode.OK);
        Assert.Equal(body.Text("id"), again.GetProperty("excludeCredentials")[0].Text("id"));

        var signedIn = new TestPerson(App, person.Email, person.Password);
        signedIn.Take(await SignIn(authenticator).Json(HttpStatusCode.OK));
        Assert.Equal(person.Id, signedIn.Id);
        var listed = (await signedIn.GetAsync(Passkeys).Json(HttpStatusCode.OK)).GetProperty("items")[0];
        Assert.Equal(added.Text("id"), listed.Text("id"));
        Assert.Equal(JsonValueKind.String, listed.GetProperty("lastUsedAt").ValueKind);
        // A passkey beside the password replaces nothing.
        await person.LogInAsync().Json(HttpStatusCode.OK);

        await signedIn.SendAsync(HttpMethod.Delete, $"{Passkeys}/{added.Text("id")}").Json(HttpStatusCode.NoContent);
        await SignIn(authenticator).Problem(HttpStatusCode.BadRequest, "invalid_passkey");
        await signedIn.SendAsync(HttpMethod.Delete, $"{Passkeys}/{added.Text("id")}").Problem(HttpStatusCode.NotFound, "not_found");
        await App.MessageAsync(person.Email, text => text.Contains("A passkey was removed", StringComparison.Ordinal));
        Assert.Equal("user.passkey_added user.passkey_removed", await world.AuditAsync(person));
    }

    [Theory]
    [MemberData(nameof(NamesOfRegistration))]
    public async Task Registers_nothing_with(string lie)
    {
        var person = await App.SignUpAsync();
        var options = await person.SendAsync(HttpMethod.Post, $"{Passkeys}/options").Json(HttpStatusCode.OK);
        var body = new SoftwareAuthenticator(App.Api).Register(options, LiesOfRegistration[lie]);
        await person.SendAsync(HttpMethod.Post, Passkeys, body).Problem(HttpStatusCode.BadRequest, "invalid_passkey");
    }

    [Theory]
    [MemberData(nameof(NamesOfSignIn))]
    public async Task Signs_nobody_in_with(string lie)
    {
        var authenticator = await world.PasskeyAsync(await App.SignUpAsync());
        await SignIn(authenticator, LiesOfSignIn[lie]).Problem(HttpStatusCode.BadRequest, "invalid_passkey");
        // The truth would have been accepted.
        await SignIn(authenticator).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_challenge_works_once_for_its_purpose_and_in_its_session()
    {
        var person = await App.SignUpAsync();
        var other = await App.SignUpAsync();
        var options = await person.SendAsync(HttpMethod.Post, $"{Passkeys}/options").Json(HttpStatusCode.OK);
        var body = new SoftwareAuthenticator(App.Api).Register(options);
        // Taken by another session it is used up.
        await other.SendAsync(HttpMethod.Post, Passkeys, body).Problem(HttpStatusCode.BadRequest, "invalid_passkey");
        await person.SendAsync(HttpMethod.Post, Passkeys, body).Problem(HttpStatusCode.BadRequest, "invalid_passkey");

        options = await person.SendAsync(HttpMethod.Post, $"{Passkeys}/options").Json(HttpStatusCode.OK);
        var authenticator = new SoftwareAuthenticator(App.Api);
        body = authenticator.Register(options);
        await person.SendAsync(HttpMethod.Post, Passkeys, body).Json(HttpStatusCode.Created);
        await person.SendAsync(HttpMethod.Post, Passkeys, body).Problem(HttpStatusCode.BadRequest, "invalid_passkey");

        // The challenge of a registration signs nobody in.
        options = await person.SendAsync(HttpMethod.Post, $"{Passkeys}/options").Json(HttpStatusCode.OK);
        var mixed = JsonSerializer.SerializeToElement(new { challenge = options.Text("challenge"), rpId = "localhost" });
        await App.Client.Post("auth/passkeys", authenticator.Assert(mixed)).Problem(HttpStatusCode.BadRequest, "invalid_passkey");

        // A recorded sign-in does not work again, not even many at once.
        var recorded = authenticator.Assert(await world.OptionsAsync());
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
        {
            using var answer = await App.Client.Post("auth/passkeys", recorded);
            return answer.StatusCode;
        }));
        Assert.Equal(1, answers.Count(status => status == HttpStatusCode.OK));
        await App.Client.Post("auth/passkeys", recorded).Problem(HttpStatusCode.BadRequest, "invalid_passkey");
    }

    [Fact]
    public async Task A_passkey_belongs_to_one_account()
    {
        var person = await App.SignUpAsync();
        var authenticator = await world.PasskeyAsync(person);
        var other = await App.SignUpAsync();
        var options = await other.SendAsync(HttpMethod.Post, $"{Passkeys}/options").Json(HttpStatusCode.OK);
        var copy = new SoftwareAuthenticator(App.Api) { CredentialId = authenticator.CredentialId };
        await other.SendAsync(HttpMethod.Post, Passkeys, copy.Register(options)).Problem(HttpStatusCode.Conflict, "passkey_taken");

        // Signed by another key under the same id.
        var forged = new SoftwareAuthenticator(App.Api) { CredentialId = authenticator.CredentialId };
        await SignIn(forged, said => said with { UserHandle = authenticator.UserHandle })
            .Problem(HttpStatusCode.BadRequest, "invalid_passkey");
        await SignIn(new SoftwareAuthenticator(App.Api)).Problem(HttpStatusCode.BadRequest, "invalid_passkey");

        // Nobody removes that of another.
        var id = (await person.GetAsync(Passkeys).Json(HttpStatusCode.OK)).GetProperty("items")[0].Text("id");
        await other.SendAsync(HttpMethod.Delete, $"{Passkeys}/{id}").Problem(HttpStatusCode.NotFound, "not_found");

        // A challenge that a user asked for is answered by a passkey of that user only.
        var own = await other.SendAsync(HttpMethod.Post, "/api/v1/auth/passkeys/options").Json(HttpStatusCode.OK);
        await App.Client.Post("auth/passkeys", authenticator.Assert(own)).Problem(HttpStatusCode.BadRequest, "invalid_passkey");
    }

    [Fact]
    public async Task A_count_that_goes_back_is_refused_and_recorded()
    {
        var person = await App.SignUpAsync();
        var authenticator = await world.PasskeyAsync(person);
        authenticator.SignCount = 10;
        await SignIn(authenticator).Json(HttpStatusCode.OK);
        foreach (var count in (uint[])[11, 3, 0])
            await SignIn(authenticator, said => said with { SignCount = count }).Problem(HttpStatusCode.BadRequest, "invalid_passkey");
        Assert.Equal(
            "user.passkey_added user.passkey_rejected user.passkey_rejected user.passkey_rejected", await world.AuditAsync(person));
        authenticator.SignCount = 20;
        await SignIn(authenticator).Json(HttpStatusCode.OK);

        // Many authenticators do not count at all.
        var modern = new SoftwareAuthenticator(App.Api);
        var options = await person.SendAsync(HttpMethod.Post, $"{Passkeys}/options").Json(HttpStatusCode.OK);
        await person.SendAsync(HttpMethod.Post, Passkeys, modern.Register(options, said => said with { SignCount = 0 }))
            .Json(HttpStatusCode.Created);
        for (var n = 0; n < 2; n++)
            await SignIn(modern, said => said with { SignCount = 0 }).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Answers_the_challenge_of_a_sign_in_and_proves_a_fresh_factor()
    {
        var (person, _, _) = await world.EnrolledAsync();
        var authenticator = await world.PasskeyAsync(person);
        var strangers = await world.PasskeyAsync(await App.SignUpAsync());
        var challenge = await person.LogInAsync().Json(HttpStatusCode.Accepted);
        Assert.Equal("totp recoveryCode passkey", FactorWorld.MethodsOf(challenge));
        await world.AnswerAsync(challenge, "passkey", strangers.Assert(await world.OptionsAsync()))
            .Problem(HttpStatusCode.BadRequest, "invalid_passkey");
        await world.AnswerAsync(challenge, "passkey", new { id = "x" }).Problem(HttpStatusCode.BadRequest, "validation_failed");
        person.Take(
            await world.AnswerAsync(challenge, "passkey", authenticator.Assert(await world.OptionsAsync())).Json(HttpStatusCode.OK));

        await world.AgeAsync(person, "factor");
        await person.SendAsync(HttpMethod.Delete, "/api/v1/users/me/totp").Problem(HttpStatusCode.Forbidden, "second_factor_not_fresh");
        var options = await person.SendAsync(HttpMethod.Post, "/api/v1/auth/passkeys/options").Json(HttpStatusCode.OK);
        await person.SendAsync(
            HttpMethod.Post, "/api/v1/users/me/second-factors/verify", new { method = "passkey", passkey = authenticator.Assert(options) })
            .Json(HttpStatusCode.NoContent);
        await person.SendAsync(HttpMethod.Delete, "/api/v1/users/me/totp").Json(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task A_deleted_user_without_an_address_is_restored_to_the_passkey()
    {
        var person = await App.SignUpAsync();
        var authenticator = await world.PasskeyAsync(person);
        // As a user of a provider that gives no address.
        await App.Database.ExecuteAsync("UPDATE users SET email = NULL, email_verified_at = NULL WHERE id = $1", person.Id);
        var admin = await App.SignUpAsync(Portico.Domain.Users.Role.Admin);
        await admin.SendAsync(HttpMethod.Delete, $"/api/v1/users/{person.Id}").Json(HttpStatusCode.NoContent);
        await SignIn(authenticator).Problem(HttpStatusCode.BadRequest, "invalid_passkey");

        await admin.SendAsync(HttpMethod.Post, $"/api/v1/users/{person.Id}/restore").Json(HttpStatusCode.OK);
        await SignIn(authenticator).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_blocked_user_does_not_get_in_by_a_passkey()
    {
        var person = await App.SignUpAsync();
        var authenticator = await world.PasskeyAsync(person);
        await App.Database.ExecuteAsync("UPDATE users SET status = 'blocked' WHERE id = $1", person.Id);
        await SignIn(authenticator).Problem(HttpStatusCode.BadRequest, "invalid_passkey");
    }

    [Fact]
    public async Task A_user_has_twenty_passkeys_at_most()
    {
        var person = await App.SignUpAsync();
        await App.Database.ExecuteAsync(
            """
            INSERT INTO identity.passkeys (id, user_id, credential_id, public_key, sign_count, name, created_at)
            SELECT gen_random_uuid(), $1, uuid_send(gen_random_uuid()), '\x00', 0, 'Key ' || n, now() FROM generate_series(1, 19) n
            """,
            person.Id);
        var waiting = await person.SendAsync(HttpMethod.Post, $"{Passkeys}/options").Json(HttpStatusCode.OK);
        await world.PasskeyAsync(person);
        await person.SendAsync(HttpMethod.Post, $"{Passkeys}/options").Problem(HttpStatusCode.Conflict, "too_many_passkeys");
        await person.SendAsync(HttpMethod.Post, Passkeys, new SoftwareAuthenticator(App.Api).Register(waiting))
            .Problem(HttpStatusCode.Conflict, "too_many_passkeys");
    }

    private async Task<HttpResponseMessage> SignIn(SoftwareAuthenticator authenticator, Func<Ceremony, Ceremony>? lie = null) =>
        await App.Client.Post("auth/passkeys", authenticator.Assert(await world.OptionsAsync(), lie));
}
