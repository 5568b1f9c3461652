using System.Net;
using System.Net.Http.Json;
using Portico.Domain.Users;
using Portico.Testing;

namespace Portico.IntegrationTests.Auth;

/// <summary>To whom a code belongs: to its request, and one for a new contact address to its person.</summary>
public sealed class CodeOwnershipTests(CodeOwnershipTests.ProxiedApp fixture) : IClassFixture<CodeOwnershipTests.ProxiedApp>
{
    private const string Owner = "192.0.2.1";
    private const string Stranger = "203.0.113.1";
    private const string NewPassword = "another horse, another staple";

    private PorticoApp App => fixture.App;

    [Fact]
    [Trait("Category", "Cases")]
    public async Task Strangers_who_guess_before_there_is_a_code_keep_nobody_from_registering()
    {
        var email = PorticoApp.NewEmail();
        for (var n = 0; n < 5; n++)
            await Register(email, "000000", null, Stranger).Problem(HttpStatusCode.BadRequest, "invalid_code");

        await Ask("verify-code", email).Json(HttpStatusCode.Accepted);
        await Register(email, await App.CodeAsync(email)).Json(HttpStatusCode.Created);
    }

    [Fact]
    [Trait("Category", "Cases")]
    public async Task Strangers_who_guess_before_there_is_a_code_keep_nobody_from_a_reset()
    {
        var person = await App.SignUpAsync();
        for (var n = 0; n < 5; n++)
            await Confirm(person.Email, "000000", null, Stranger).Problem(HttpStatusCode.BadRequest, "invalid_code");

        var answer = await Ask("reset-password", person.Email).Json(HttpStatusCode.Accepted);
        await Confirm(person.Email, await NewestCode(person.Email, 2), answer.Text("requestId")).Json(HttpStatusCode.NoContent);
    }

    [Fact]
    [Trait("Category", "Cases")]
    public async Task Codes_that_strangers_request_leave_the_owner_those_of_another_network()
    {
        var person = await App.SignUpAsync();
        foreach (var network in new[] { Stranger, "203.0.113.2", "203.0.113.3" })
        {
            await Ask("verify-code", person.Email, network).Json(HttpStatusCode.Accepted);
            await Ask("reset-password", person.Email, network).Json(HttpStatusCode.Accepted);
        }

        await Ask("reset-password", person.Email).Json(HttpStatusCode.Accepted);
        await Confirm(person.Email, await NewestCode(person.Email, 8)).Json(HttpStatusCode.NoContent);
    }

    [Theory]
    [Trait("Category", "Cases")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_code_lives_on_when_a_stranger_requests_another_and_one_use_ends_all(bool withRequest)
    {
        var person = await App.SignUpAsync();
        var mine = await Ask("reset-password", person.Email).Json(HttpStatusCode.Accepted);
        var code = await NewestCode(person.Email, 2);
        var theirs = await Ask("reset-password", person.Email, Stranger).Json(HttpStatusCode.Accepted);
        var other = await NewestCode(person.Email, 3);
        Assert.NotEqual(mine.Text("requestId"), theirs.Text("requestId"));

        await Confirm(person.Email, code, withRequest ? mine.Text("requestId") : null).Json(HttpStatusCode.NoContent);
        await Confirm(person.Email, other).Problem(HttpStatusCode.BadRequest, "invalid_code");
        await Confirm(person.Email, other, theirs.Text("requestId")).Problem(HttpStatusCode.BadRequest, "invalid_code");
    }

    [Fact]
    public async Task Without_its_request_a_code_is_one_of_the_last_three()
    {
        var person = await App.SignUpAsync();
        var mine = await Ask("reset-password", person.Email).Json(HttpStatusCode.Accepted);
        var code = await NewestCode(person.Email, 2);
        for (var n = 1; n <= 3; n++)
            await Ask("reset-password", person.Email, $"203.0.113.{n}").Json(HttpStatusCode.Accepted);

        await Confirm(person.Email, code).Problem(HttpStatusCode.BadRequest, "invalid_code");
        await Confirm(person.Email, code, "unknown").Problem(HttpStatusCode.BadRequest, "invalid_code");
        await Confirm(person.Email, code, "not an id").Problem(HttpStatusCode.BadRequest, "validation_failed");
        await Confirm(person.Email, code, mine.Text("requestId")).Json(HttpStatusCode.NoContent);
    }

    [Fact]
    [Trait("Category", "Cases")]
    public async Task A_code_for_a_new_address_belongs_to_the_person_who_requested_it()
    {
        var (person, other) = (await App.SignUpAsync(), await App.SignUpAsync());
        var email = PorticoApp.NewEmail();
        var answer = await AskForChange(person, email).Json(HttpStatusCode.Accepted);
        var code = await App.CodeAsync(email);
        await Change(other, email, code).Problem(HttpStatusCode.BadRequest, "invalid_code");
        await Change(other, email, code, answer.Text("requestId")).Problem(HttpStatusCode.BadRequest, "invalid_code");
        await Change(person, email, code, answer.Text("requestId")).Json(HttpStatusCode.OK);
    }

    [Theory]
    [Trait("Category", "Cases")]
    [InlineData("a new password")]
    [InlineData("a reset")]
    [InlineData("a block")]
    public async Task A_code_for_a_new_address_is_invalid_after(string what)
    {
        var person = await App.SignUpAsync();
        var email = PorticoApp.NewEmail();
        var answer = await AskForChange(person, email).Json(HttpStatusCode.Accepted);
        var code = await App.CodeAsync(email);
        switch (what)
        {
            case "a new password":
                person.Take(await person.UpdatePasswordAsync(NewPassword).Json(HttpStatusCode.OK));
                person.Password = NewPassword;
                break;
            case "a reset":
                await Ask("reset-password", person.Email).Json(HttpStatusCode.Accepted);
                await Confirm(person.Email, await NewestCode(person.Email, 2)).Json(HttpStatusCode.NoContent);
                person.Password = NewPassword;
                person.Take(await person.LogInAsync().Json(HttpStatusCode.OK));
                break;
            default:
                var admin = await App.SignUpAsync(Role.Admin);
                var path = $"/api/v1/users/{person.Id}";
                await admin.SendAsync(HttpMethod.Post, $"{path}/block", new { reason = "A test." }).Json(HttpStatusCode.OK);
                await admin.SendAsync(HttpMethod.Post, $"{path}/unblock").Json(HttpStatusCode.OK);
                person.Take(await person.LogInAsync().Json(HttpStatusCode.OK));
                break;
        }

        await Change(person, email, code, answer.Text("requestId")).Problem(HttpStatusCode.BadRequest, "invalid_code");
        await Change(person, email, code).Problem(HttpStatusCode.BadRequest, "invalid_code");
    }

    [Theory]
    [Trait("Category", "Cases")]
    [InlineData("\uFF45\uFF58\uFF41\uFF4D\uFF50\uFF4C\uFF45.org")]
    [InlineData("example\u3002ORG.")]
    public async Task A_code_goes_to_the_mailbox_that_is_meant_however_its_domain_is_spelt(string domain)
    {
        var email = PorticoApp.NewEmail();
        var spelt = email.Replace("example.org", domain, StringComparison.Ordinal);
        await Ask("verify-code", spelt).Json(HttpStatusCode.Accepted);
        await Register(email, await App.CodeAsync(email)).Json(HttpStatusCode.Created);
        await App.Client.Post("auth/login", new { email = spelt, password = NewPassword }).Json(HttpStatusCode.OK);
    }

    private Task<HttpResponseMessage> Ask(string path, string email, string from = Owner) =>
        Send(path, new { email, reason = path == "verify-code" ? "registration" : "forgotten" }, from);

    private Task<HttpResponseMessage> Register(string email, string code, string? requestId = null, string from = Owner) =>
        Send("register", new { email, code, requestId, password = NewPassword, displayName = "Ada" }, from);

    private Task<HttpResponseMessage> Confirm(string email, string code, string? requestId = null, string from = Owner) =>
        Send("confirm-reset-password", new { email, code, requestId, newPassword = NewPassword }, from);

    private static Task<HttpResponseMessage> AskForChange(TestPerson person, string email) =>
        person.SendAsync(HttpMethod.Post, "/api/v1/auth/verify-code", new { email, reason = "changeContact" });

    private static Task<HttpResponseMessage> Change(TestPerson person, string email, string code, string? requestId = null) =>
        person.SendAsync(HttpMethod.Put, "/api/v1/users/me/contact", new { email, code, requestId, person.Password });

    private Task<HttpResponseMessage> Send(string path, object body, string from) => App.Client.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, $"/api/v1/auth/{path}")
        {
            Content = JsonContent.Create(body),
            Headers = { { "X-Forwarded-For", from } },
        });

    /// <summary>The code in the newest message to an address, after so many codes were sent to it.</summary>
    private async Task<string> NewestCode(string email, int sent)
    {
        var codes = await Eventually.Get(
            async () =>
            {
                var found = new List<string>();
                foreach (var file in Directory.GetFiles(App.Mailbox, "*.eml").Order(StringComparer.Ordinal))
                {
                    var text = await File.ReadAllTextAsync(file);
                    if (text.Contains($"To: {email}\r\n", StringComparison.Ordinal) && PorticoApp.CodeIn(text) is { Length: > 0 } code)
                        found.Add(code);
                }

                return found.Count == sent ? found : null;
            },
            $"{sent} codes");
        return codes[^1];
    }

    /// <summary>An application behind a proxy that says who its clients are.</summary>
    public sealed class ProxiedApp : IAsyncLifetime
    {
        public PorticoApp App { get; private set; } = null!;

        public async Task InitializeAsync() =>
            App = await PorticoApp.StartAsync(new PorticoAppOptions { Settings = { ["Proxies:Trusted:0"] = "127.0.0.1" } });

        public async Task DisposeAsync() => await App.DisposeAsync();
    }
}
