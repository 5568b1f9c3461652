using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Portico.Domain.Users;
using Portico.IntegrationTests.Mail;
using Portico.Infrastructure.Mail;
using Portico.Testing;

namespace Portico.IntegrationTests.Messages;

/// <summary>What people are written because of what happened: over HTTP, the outbox, the stream, the inbox and the queue of messages.</summary>
public sealed class NotificationTests : IAsyncLifetime
{
    // Its own: a second process on the database of the shared one would send some of the letters.
    private PorticoApp _app = null!;

    public async Task InitializeAsync() => _app = await PorticoApp.StartAsync(new PorticoAppOptions());

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task Who_registers_is_welcomed_by_a_real_mail_server()
    {
        await using var server = await MailServer.StartAsync(SmtpSecurity.StartTls);
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Settings = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["Mail:Mailbox"] = "",
                ["Mail:Smtp:Host"] = "localhost",
                ["Mail:Smtp:Port"] = server.Port.ToString(CultureInfo.InvariantCulture),
                ["Mail:Smtp:UserName"] = MailServer.UserName,
                ["Mail:Smtp:Password"] = MailServer.Password,
                ["Mail:Smtp:TrustedCertificateFile"] = server.CertificateFile,
            },
        });
        var email = PorticoApp.NewEmail();

        using (var asked = await app.Client.PostAsJsonAsync("/api/v1/auth/verify-code", new { email, reason = "registration" }))
            asked.EnsureSuccessStatusCode();
        var code = PorticoApp.CodeIn($"\r\n\r\n{Assert.Single(await server.TakenBy(email)).Text}");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/auth/register")
        {
            Content = JsonContent.Create(new { email, code, password = "correct horse battery staple", displayName = "\u0410\u0434\u0430" }),
            Headers = { { "Accept-Language", "ru" } },
        };
        using (var registered = await app.Client.SendAsync(request))
            registered.EnsureSuccessStatusCode();

        var welcome = (await server.TakenBy(email, 2))[^1];
        Assert.Contains("\u0410\u0434\u0430", welcome.Text, StringComparison.Ordinal);
        Assert.Contains("\u0410\u0434\u0430", welcome.Html!, StringComparison.Ordinal);
        await Eventually.Holds(async () => await Metric(app, "portico_messages_total{outcome=\"sent\",template=\"welcome\"} 1"), "it to be counted");
    }

    [Fact]
    public async Task A_new_password_is_told()
    {
        var person = await _app.SignUpAsync();

        await person.SendAsync(HttpMethod.Post, "/api/v1/auth/update-password", new { userId = person.Id, oldPassword = person.Password, newPassword = "another horse, another staple" }).Json(HttpStatusCode.OK);

        await Told(person, "Your Portico password was changed");
    }

    [Fact]
    public async Task Only_a_sign_in_from_a_new_device_is_told()
    {
        var person = await _app.SignUpAsync();
        await Told(person, "Welcome to Portico");

        await LogIn(person, "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0");
        var message = await Told(person, "A new sign-in to Portico");
        await LogIn(person, "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0");
        await LogIn(person, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1");
        await _app.MessageAsync(person.Email, text => text.Contains("Safari, iPhone", StringComparison.Ordinal));

        Assert.Contains("- Device: Firefox, Linux\r\n- IP address: 127.0.0.1\r\n", message, StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFiles(_app.Mailbox, "*.eml").Select(File.ReadAllText).Count(text => IsTo(text, person.Email, "A new sign-in to Portico")));
    }

    [Fact]
    public async Task Who_is_blocked_or_deleted_is_told()
    {
        var admin = await _app.SignUpAsync(Role.Admin);
        var (blocked, deleted) = (await _app.SignUpAsync(), await _app.SignUpAsync());

        using (var answer = await admin.SendAsync(HttpMethod.Post, $"/api/v1/users/{blocked.Id}/block", new { reason = "spam and nonsense" }))
            answer.EnsureSuccessStatusCode();
        using (var answer = await admin.SendAsync(HttpMethod.Delete, $"/api/v1/users/{deleted.Id}"))
            answer.EnsureSuccessStatusCode();

        Assert.DoesNotContain("nonsense", await Told(blocked, "Your Portico account was blocked"), StringComparison.Ordinal);
        await Told(deleted, "Your Portico account was deleted");
    }

    private Task<string> Told(TestPerson person, string subject) => _app.MessageAsync(person.Email, text => IsTo(text, person.Email, subject));

    private static bool IsTo(string text, string email, string subject) =>
        text.Contains($"To: {email}\r\nSubject: {subject}\r\n", StringComparison.Ordinal);

    private async Task LogIn(TestPerson person, string agent)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/auth/login") { Content = JsonContent.Create(new { person.Email, person.Password }) };
        request.Headers.TryAddWithoutValidation("User-Agent", agent);
        using var answer = await _app.Client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task<bool> Metric(PorticoApp app, string line)
    {
        using var client = new HttpClient();
        return (await client.GetStringAsync(new Uri(app.Management, "/metrics"))).Contains(line, StringComparison.Ordinal);
    }
}
