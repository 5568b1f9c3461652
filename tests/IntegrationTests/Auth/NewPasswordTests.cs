using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Auth;
using Portico.Testing;

namespace Portico.IntegrationTests.Auth;

/// <summary>What every use case that takes a new password refuses.</summary>
public sealed class NewPasswordTests : PorticoTests
{
    [Theory]
    [InlineData("short12")]
    [InlineData("password1")]
    [InlineData("PassWord1")]
    [InlineData("1qaz2wsx")]
    public async Task Refuses_short_and_common_passwords_everywhere(string password)
    {
        var person = await App.SignUpAsync();
        await RefusedEverywhere(person, password);
        await person.LogInAsync().Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Refuses_the_accounts_own_address_and_its_local_part_everywhere()
    {
        var person = await App.SignUpAsync();
        await RefusedEverywhere(person, person.Email);
        await RefusedEverywhere(person, person.Email.ToUpperInvariant());
        await RefusedEverywhere(person, person.Email[..person.Email.IndexOf('@')]);
    }

    [Fact]
    public async Task Refuses_the_digits_of_the_phone()
    {
        var phone = PorticoApp.NewPhone();
        foreach (var password in new[] { phone, phone[1..] })
        {
            await Refused(App.Client.Post("auth/register", new { phone, code = "000000", password, displayName = "Ada" }), "password");
            await Refused(
                App.Client.Post("auth/confirm-reset-password", new { phone, code = "000000", newPassword = password }), "newPassword");
        }
    }

    [Fact]
    public async Task Takes_a_long_phrase_of_any_characters()
    {
        var person = await App.SignUpAsync();
        const string phrase = "пароль из слов 🐎 and a space ";
        await person.UpdatePasswordAsync(phrase).Json(HttpStatusCode.OK);
        await person.LogInAsync(phrase).Json(HttpStatusCode.OK);
        await person.LogInAsync(phrase.TrimEnd()).Problem(HttpStatusCode.Unauthorized, "invalid_credentials");
    }

    [Fact]
    public async Task Uses_no_code_while_too_many_passwords_wait()
    {
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions { Services = FullQueue.Replace });
        var hashing = (FullQueue)app.Services.GetRequiredService<IPasswordHashing>();
        var person = await app.SignUpAsync();
        var registered = await app.CodeAsync(person.Email);
        await app.Client.Post("auth/reset-password", new { person.Email, reason = "forgotten" }).Json(HttpStatusCode.Accepted);
        var reset = registered;
        await Eventually.Holds(async () => (reset = await app.CodeAsync(person.Email)) != registered, "the code for a new password");
        var email = PorticoApp.NewEmail();
        await app.Client.Post("auth/verify-code", new { email, reason = "registration" }).Json(HttpStatusCode.Accepted);
        var code = await app.CodeAsync(email);

        hashing.IsFull = true;
        await Register().Problem(HttpStatusCode.ServiceUnavailable, "dependency_unavailable");
        await Confirm().Problem(HttpStatusCode.ServiceUnavailable, "dependency_unavailable");
        hashing.IsFull = false;
        await Register().Json(HttpStatusCode.Created);
        await Confirm().Json(HttpStatusCode.NoContent);

        Task<HttpResponseMessage> Register() => app.Client.Post("auth/register", new { email, code, person.Password, displayName = "Ada" });
        Task<HttpResponseMessage> Confirm() => app.Client.Post(
            "auth/confirm-reset-password", new { person.Email, code = reset, newPassword = "another horse, another staple" });
    }

    private async Task RefusedEverywhere(TestPerson person, string password)
    {
        // With a code that is wrong: a refused field is told before a code is tried.
        await Refused(App.Client.Post("auth/register", new { person.Email, code = "000000", password, displayName = "Ada" }), "password");
        await Refused(
            App.Client.Post("auth/confirm-reset-password", new { person.Email, code = "000000", newPassword = password }), "newPassword");
        await Refused(person.UpdatePasswordAsync(password), "newPassword");
    }

    private static async Task Refused(Task<HttpResponseMessage> answer, string field)
    {
        var problem = await answer.Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal(field, Assert.Single(problem.GetProperty("errors").EnumerateObject()).Name);
    }
}
