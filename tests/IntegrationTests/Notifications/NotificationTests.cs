using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Portico.Domain.Users;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.Notifications;
using Portico.IntegrationTests.Events;
using Portico.IntegrationTests.Forecasts;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Notifications;

/// <summary>
/// What people are written because of what happened: over HTTP, the outbox, the stream, the inbox and the queue of messages.
/// </summary>
public sealed class NotificationTests : IAsyncLifetime
{
    // Its own: a second process on the database of the shared one would send some of the notifications.
    private PorticoApp _app = null!;

    public async Task InitializeAsync() => _app = await PorticoApp.StartAsync(new PorticoAppOptions());

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task Who_registers_is_welcomed_by_a_real_mail_server()
    {
        await using var server = await MailServer.StartAsync(SmtpSecurity.StartTls);
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Settings =
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
            Content = JsonContent.Create(
                new { email, code, password = "correct horse battery staple", displayName = "\u0410\u0434\u0430" }),
            Headers = { { "Accept-Language", "ru" } },
        };
        using (var registered = await app.Client.SendAsync(request))
            registered.EnsureSuccessStatusCode();

        var welcome = (await server.TakenBy(email, 2))[^1];
        Assert.Contains("\u0410\u0434\u0430", welcome.Text, StringComparison.Ordinal);
        Assert.Contains("\u0410\u0434\u0430", welcome.Html!, StringComparison.Ordinal);
        await Eventually.Holds(
            async () => await Metric(app, "portico_messages_total{outcome=\"sent\",template=\"welcome\"} 1"), "it to be counted");
    }

    [Fact]
    public async Task A_new_password_is_told()
    {
        var person = await _app.SignUpAsync();

        await person.UpdatePasswordAsync("another horse, another staple").Json(HttpStatusCode.OK);

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
        await LogIn(
            person,
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            + "Version/18.0 Mobile/15E148 Safari/604.1");
        await _app.MessageAsync(person.Email, text => text.Contains("Safari, iPhone", StringComparison.Ordinal));

        Assert.Contains("- Device: Firefox, Linux\r\n- IP address: 127.0.0.1\r\n", message, StringComparison.Ordinal);
        Assert.Equal(
            2,
            Directory.GetFiles(_app.Mailbox, "*.eml")
                .Select(File.ReadAllText)
                .Count(text => IsTo(text, person.Email, "A new sign-in to Portico")));
    }

    [Fact]
    public async Task Who_is_blocked_or_deleted_is_told()
    {
        var admin = await _app.SignUpAsync(Role.Admin);
        var (blocked, deleted) = (await _app.SignUpAsync(), await _app.SignUpAsync());

        var reason = new { reason = "spam and nonsense" };
        using (var answer = await admin.SendAsync(HttpMethod.Post, $"/api/v1/users/{blocked.Id}/block", reason))
            answer.EnsureSuccessStatusCode();
        using (var answer = await admin.SendAsync(HttpMethod.Delete, $"/api/v1/users/{deleted.Id}"))
            answer.EnsureSuccessStatusCode();

        Assert.DoesNotContain("nonsense", await Told(blocked, "Your Portico account was blocked"), StringComparison.Ordinal);
        await Told(deleted, "Your Portico account was deleted");
    }

    [Fact]
    public async Task Who_receives_money_is_told_once_how_much_and_in_their_language()
    {
        var manager = await _app.ManagerAsync();
        var (ada, ben) = (await _app.SignUpAsync(), await _app.SignUpAsync());
        await ben.SendAsync(HttpMethod.Patch, "/api/v1/users/me", new { locale = "ru" }).Json(HttpStatusCode.OK);
        var (hers, spare, his) = (await ada.OpenWalletAsync(), await ada.OpenWalletAsync(), await ben.OpenWalletAsync());

        await manager.DepositAsync(_app, hers, "100.50");
        await ada.PostAsync(_app, "transfers", LedgerPeople.Transfer(hers, his, "12.34")).Json(HttpStatusCode.Created);
        // Between two wallets of the same user: no notification.
        await ada.PostAsync(_app, "transfers", LedgerPeople.Transfer(hers, spare, "7.00")).Json(HttpStatusCode.Created);
        await Notification(ada, "You received");
        await Notification(ben, "\u0412\u0430\u043c \u043f\u043e\u0441\u0442\u0443\u043f\u0438\u043b\u043e");
        await AllTold("notify-of-deposit", "notify-of-transfer");

        Assert.Contains("\r\nAmount: 100.50 EUR\r\n", Assert.Single(NotificationsTo(ada, "You received")), StringComparison.Ordinal);
        Assert.Contains(
            "\r\n\u0421\u0443\u043c\u043c\u0430: 12.34 EUR\r\n",
            Assert.Single(NotificationsTo(ben, "\u0412\u0430\u043c \u043f\u043e\u0441\u0442\u0443\u043f\u0438\u043b\u043e")),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_forecast_is_told_once_what_it_came_to()
    {
        var manager = await _app.SignUpAsync(Role.Manager);
        var (right, wrong) = (await _app.SignUpAsync(), await _app.SignUpAsync());
        await wrong.SendAsync(HttpMethod.Patch, "/api/v1/users/me", new { locale = "ru" }).Json(HttpStatusCode.OK);
        var (id, _) = await manager.Announce("Reds \u2013 Blues");
        await right.Forecasted(id, "win1");
        await wrong.Forecasted(id, "draw");

        await manager.SetResult(id, "win1").Json(HttpStatusCode.OK);
        await manager.Settled(id);
        await Notification(right, "Your forecast");
        await Notification(wrong, "\u0412\u0430\u0448 \u043f\u0440\u043e\u0433\u043d\u043e\u0437");
        await AllTold("notify-of-forecast");

        var good = Assert.Single(NotificationsTo(right, "Your forecast"));
        Assert.Contains("\r\nSubject: Your forecast was right\r\n", good, StringComparison.Ordinal);
        Assert.Contains("Reds \u2013 Blues", good, StringComparison.Ordinal);
        Assert.Contains("- Result: 1\r\n", good, StringComparison.Ordinal);
        var bad = Assert.Single(NotificationsTo(wrong, "\u0412\u0430\u0448 \u043f\u0440\u043e\u0433\u043d\u043e\u0437"));
        Assert.Contains(
            "- \u0420\u0435\u0437\u0443\u043b\u044c\u0442\u0430\u0442: 1\r\n"
            + "- \u0412\u0430\u0448 \u043f\u0440\u043e\u0433\u043d\u043e\u0437: X\r\n",
            bad,
            StringComparison.Ordinal);
    }

    /// <summary>Waits until all that has happened was handled, and the notifications of it are sent.</summary>
    private async Task AllTold(params string[] handlers)
    {
        await Eventually.Holds(
            async () => await _app.Database.ScalarAsync<long>(TestOutbox.CountWaiting) == 0, "all events to be published");
        var stream = StreamDefinition.Name(_app.Events);
        foreach (var handler in handlers)
        {
            await Eventually.Holds(
                async () => (await _app.JetStream.GetConsumerAsync(stream, handler)).Info is { NumAckPending: 0, NumPending: 0 },
                $"{handler} to have handled all");
        }

        await Eventually.Holds(
            async () => await _app.Database.ScalarAsync<long>("SELECT count(*) FROM messages WHERE status = 'queued'") == 0,
            "all notifications to be sent");
    }

    private Task<string> Notification(TestPerson person, string words) =>
        _app.MessageAsync(person.Email, text => text.Contains(words, StringComparison.Ordinal));

    // By the text, since a subject that is not ASCII is encoded.
    private string[] NotificationsTo(TestPerson person, string words) =>
        [.. Directory.GetFiles(_app.Mailbox, "*.eml").Select(File.ReadAllText).Where(text =>
            text.Contains($"To: {person.Email}\r\n", StringComparison.Ordinal) && text.Contains(words, StringComparison.Ordinal))];

    private Task<string> Told(TestPerson person, string subject) =>
        _app.MessageAsync(person.Email, text => IsTo(text, person.Email, subject));

    private static bool IsTo(string text, string email, string subject) =>
        text.Contains($"\r\nTo: {email}\r\n", StringComparison.Ordinal)
        && text.Contains($"\r\nSubject: {subject}\r\n", StringComparison.Ordinal);

    private async Task LogIn(TestPerson person, string agent)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/auth/login");
        request.Content = JsonContent.Create(new { person.Email, person.Password });
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
