using System.Net;
using Portico.Domain.Users;
using Portico.Testing;

namespace Portico.IntegrationTests.SecondFactors;

/// <summary>Administrators who must have a second factor (<c>SignIn:RequireSecondFactorFor</c>).</summary>
[Collection(FactorWorld.Tests.Name)]
public sealed class RequiredFactorTests(FactorWorld world)
{
    private PorticoApp Strict => world.Strict;

    [Fact]
    public async Task An_administrator_without_one_adds_it_in_the_sign_in_and_gets_no_tokens_before()
    {
        var admin = (await world.App.SignUpAsync(Role.Admin)).At(Strict.Client);
        var challenge = await admin.LogInAsync().Json(HttpStatusCode.Accepted);
        Assert.Equal("totpEnrolment", FactorWorld.MethodsOf(challenge));
        var challengeId = challenge.Text("challengeId");
        await Strict.Client.Post("auth/login/challenge", new { challengeId, method = "totp", code = "000000" })
            .Problem(HttpStatusCode.BadRequest, "invalid_code");

        var added = await Strict.Client.Post("auth/login/totp", new { challengeId }).Json(HttpStatusCode.OK);
        var clock = TotpClock.Of(added.Text("secret"));
        Assert.Equal(10, added.GetProperty("recoveryCodes").GetArrayLength());
        var recoveryCode = added.GetProperty("recoveryCodes")[0].GetString();
        // Not active before the first code.
        await FactorWorld.AnswerAsync(Strict, challenge, "recoveryCode", recoveryCode).Problem(HttpStatusCode.BadRequest, "invalid_code");
        await FactorWorld.AnswerAsync(Strict, challenge, "totp", FactorWorld.Wrong(clock.Code()))
            .Problem(HttpStatusCode.BadRequest, "invalid_code");
        admin.Take(await FactorWorld.AnswerAsync(Strict, challenge, "totp", clock.Code()).Json(HttpStatusCode.OK));
        await admin.GetAsync("/api/v1/users").Json(HttpStatusCode.OK);
        admin.Take(await admin.RefreshAsync().Json(HttpStatusCode.OK));

        await Strict.Client.Post("auth/login/totp", new { challengeId }).Problem(HttpStatusCode.BadRequest, "invalid_code");
        var next = await admin.LogInAsync().Json(HttpStatusCode.Accepted);
        Assert.Equal("totp recoveryCode", FactorWorld.MethodsOf(next));
        await Strict.Client.Post("auth/login/totp", new { challengeId = next.Text("challengeId") })
            .Problem(HttpStatusCode.BadRequest, "invalid_code");
        await FactorWorld.AnswerAsync(Strict, next, "recoveryCode", recoveryCode).Json(HttpStatusCode.OK);
        await admin.SendAsync(HttpMethod.Delete, "/api/v1/users/me/totp").Problem(HttpStatusCode.Conflict, "last_second_factor");
        Assert.Equal("user.totp_added user.recovery_code_used", await world.AuditAsync(admin));
    }

    [Fact]
    public async Task Recovery_codes_belong_to_the_app_that_they_were_shown_with()
    {
        var admin = await world.App.SignUpAsync(Role.Admin);
        // Somebody who knows the password begins an enrolment, and the owner ends another one.
        var begun = await admin.At(Strict.Client).LogInAsync().Json(HttpStatusCode.Accepted);
        var shown = await Strict.Client.Post("auth/login/totp", new { challengeId = begun.Text("challengeId") }).Json(HttpStatusCode.OK);
        var added = await admin.SendAsync(HttpMethod.Post, "/api/v1/users/me/totp").Json(HttpStatusCode.OK);
        var own = await admin.At(Strict.Client).LogInAsync().Json(HttpStatusCode.Accepted);
        await FactorWorld.AnswerAsync(Strict, own, "totp", TotpClock.Of(added.Text("secret")).Code()).Json(HttpStatusCode.OK);

        var factors = await admin.GetAsync("/api/v1/users/me/second-factors").Json(HttpStatusCode.OK);
        Assert.Equal("""{"totp":true,"recoveryCodes":0,"passkeys":0,"isRequired":false}""", factors.GetRawText());
        var next = await admin.At(Strict.Client).LogInAsync().Json(HttpStatusCode.Accepted);
        await FactorWorld.AnswerAsync(Strict, next, "recoveryCode", shown.GetProperty("recoveryCodes")[0].GetString())
            .Problem(HttpStatusCode.BadRequest, "invalid_code");
    }

    [Fact]
    public async Task A_session_without_one_ends_when_the_role_needs_it()
    {
        var admin = (await world.App.SignUpAsync(Role.Admin)).At(Strict.Client);
        await admin.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "second_factor_required");
        await admin.RefreshAsync().Problem(HttpStatusCode.Unauthorized, "invalid_refresh_token");

        // One that has proved it goes on.
        var (proved, _, _) = await world.EnrolledAsync(Role.Admin);
        await proved.At(Strict.Client).RefreshAsync().Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_passkey_is_enough_and_other_roles_need_nothing()
    {
        var admin = await world.App.SignUpAsync(Role.Admin);
        var authenticator = await world.PasskeyAsync(admin);
        admin = admin.At(Strict.Client);
        var challenge = await admin.LogInAsync().Json(HttpStatusCode.Accepted);
        Assert.Equal("passkey", FactorWorld.MethodsOf(challenge));
        admin.Take(
            await FactorWorld.AnswerAsync(Strict, challenge, "passkey", authenticator.Assert(await world.OptionsAsync()))
                .Json(HttpStatusCode.OK));
        admin.Take(await admin.RefreshAsync().Json(HttpStatusCode.OK));
        var passkey = (await admin.GetAsync("/api/v1/users/me/passkeys").Json(HttpStatusCode.OK)).GetProperty("items")[0].Text("id");
        await admin.SendAsync(HttpMethod.Delete, $"/api/v1/users/me/passkeys/{passkey}")
            .Problem(HttpStatusCode.Conflict, "last_second_factor");

        foreach (var role in (Role[])[Role.User, Role.Manager])
        {
            var person = (role == Role.User ? await world.App.SignUpAsync() : await world.App.SignUpAsync(role)).At(Strict.Client);
            person.Take(await person.LogInAsync().Json(HttpStatusCode.OK));
            await person.RefreshAsync().Json(HttpStatusCode.OK);
        }
    }
}
