using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Portico.Application.Common.Auditing;
using Portico.Domain.Users;
using Portico.IntegrationTests.Browser;
using Portico.IntegrationTests.Forecasts;
using Portico.IntegrationTests.Ledger;
using Portico.IntegrationTests.OAuth;
using Portico.IntegrationTests.Orders;
using Portico.IntegrationTests.Payments;
using Portico.IntegrationTests.Reconciliations;
using Portico.IntegrationTests.SecondFactors;
using Portico.Testing;
using Portico.Testing.Providers;

namespace Portico.IntegrationTests.Console;

/// <summary>The console of operators, as a browser and as its server see it.</summary>
[Collection(ConsoleWorld.Tests.Name)]
public sealed class ConsoleTests(ConsoleWorld world)
{
    private const int ScriptLimit = 60 * 1024;

    [Fact]
    public Task Compiles_strictly() => ConsoleWorld.NodeAsync("node_modules/typescript/bin/tsc", "--noEmit");

    [Fact]
    public async Task Each_role_walks_its_pages_in_a_browser_and_does_what_they_offer()
    {
        var (admin, manager, user) =
            (await world.App.SignUpAsync(Role.Admin), await world.App.SignUpAsync(Role.Manager), await world.App.SignUpAsync());
        var (target, sleeper) = (await world.App.SignUpAsync(), await world.App.SignUpAsync());
        var owner = await world.App.SignUpAsync();
        var wallet = await owner.OpenWalletWithAsync(world.App, manager, "112.34");
        var other = await user.OpenWalletAsync();
        var transfer = await owner.TransferAsync(world.App, wallet, other, "1.50");
        var hold = await owner.PlaceHoldAsync(world.App, wallet, other, "1.00");

        var order = await owner.PlaceAsync(world.App, wallet, quantity: 2);
        await manager.PlaceAsync(world.App, await manager.OpenWalletWithAsync(world.App, manager, "50.00"));
        var payment = await PayAsync(owner, wallet);

        await KillLettersAsync(target);
        await PrepareKeyAsync();

        var seen = await BrowserScript.RunAsync("console.mjs", world.Origin, JsonSerializer.Serialize(new
        {
            admin = new { email = admin.Email, password = admin.Password },
            manager = new { email = manager.Email, password = manager.Password },
            user = new { email = user.Email, password = user.Password },
            sleeper = new { id = sleeper.Id },
            target = new { id = target.Id, email = target.Email, name = "Ada Lovelace" },
            walletId = wallet,
            transferId = transfer.Text("id"),
            holdId = hold,
            orderId = order.Text("id"),
            payment,
            report = ReportOf(payment),
            totp = await EnrolAsync(manager),
        }));

        foreach (var kind in (string[])["failures", "errors", "findings", "overflow"])
            Assert.Empty(Texts(seen, kind));
        var pages = seen.GetProperty("pages");
        Assert.Contains("/users", Texts(pages, "admin"));
        Assert.Contains("/wallets", Texts(pages, "manager"));
        Assert.DoesNotContain("/users", Texts(pages, "manager"));
        Assert.Empty(Texts(pages, "user"));
        string[] acts =
        [
            "End these sessions", "Replay", "Drop", "Rotate", "Delete", "Retry", "Refund", "Compare", "Сторнировать", "Списать",
            "Внести результат", "Повторить", "Вернуть",
        ];
        Assert.Empty(acts.Except(Texts(seen, "acts"), StringComparer.Ordinal));
        // The browser keeps nothing but the cookie, which no script reads.
        Assert.Empty(Texts(seen, "stored"));
        Assert.InRange(seen.GetProperty("script").GetInt32(), 1, ScriptLimit);
    }

    [Fact]
    public async Task Operators_sign_in_with_an_app_a_recovery_code_a_passkey_and_a_provider()
    {
        var (withApp, withPasskey) = (await world.App.SignUpAsync(Role.Manager), await world.App.SignUpAsync(Role.Manager));
        var account = new FakePerson { Email = PorticoApp.NewEmail(), IsEmailVerified = true, Name = "Grace Hopper" };
        await SignUpWithGoogleAsync(account);
        // Without an app, a password alone signs in.
        await EnrolAsync(withPasskey);

        var seen = await BrowserScript.RunAsync("console-sign-in.mjs", world.Origin, JsonSerializer.Serialize(new
        {
            withApp = new { email = withApp.Email, password = withApp.Password, totp = await EnrolAsync(withApp) },
            withPasskey = new { email = withPasskey.Email, password = withPasskey.Password, token = withPasskey.AccessToken },
            account = world.Providers.Add(account),
        }));

        Assert.Empty(Texts(seen, "errors"));
        Assert.Equal(["totp", "recoveryCode", "passkey", "password and passkey", "google"], Texts(seen, "signIns"));
        Assert.Empty(Texts(seen, "stored"));
    }

    [Fact]
    public void Gives_an_example_of_an_action_that_the_audit_log_records()
    {
        var actions = typeof(AuditActions).GetFields().Select(action => (string)action.GetRawConstantValue()!).ToArray();
        foreach (var file in Directory.GetFiles(Path.Combine(ConsoleWorld.Sources, "src"), "words.*.ts"))
        {
            var hint = File.ReadLines(file).Single(line => line.Contains("actionHint:", StringComparison.Ordinal));
            Assert.Contains(hint.Split('"')[1].Split(' ')[^1], actions);
        }
    }

    [Fact]
    public async Task Keeps_its_promises_while_requests_fail()
    {
        var (admin, manager) = (await world.App.SignUpAsync(Role.Admin), await world.App.SignUpAsync(Role.Manager));
        var owner = await world.App.SignUpAsync();

        var seen = await BrowserScript.RunAsync("console-faults.mjs", world.Origin, JsonSerializer.Serialize(new
        {
            admin = new { email = admin.Email, password = admin.Password },
            manager = new { id = manager.Id },
            walletId = await owner.OpenWalletWithAsync(world.App, manager, "20.00"),
        }));

        var broken = Texts(seen, "broken");
        Assert.True(broken.Length == 0, string.Join('\n', broken));
        Assert.Empty(Texts(seen, "errors"));
    }

    [Fact]
    public async Task Files_with_a_hash_are_kept_for_a_year_and_the_page_is_asked_for_again()
    {
        using var page = await world.App.Client.GetAsync("/console/users/some-id");
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        Assert.Equal("no-cache", page.Headers.CacheControl?.ToString());
        var policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);

        var script = Path.GetFileName(Assert.Single(Directory.GetFiles(Path.Combine(world.Built, "assets"), "index-*.js")));
        Assert.Contains($"/console/assets/{script}", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/console/assets/{script}");
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        using var asset = await world.App.Client.SendAsync(request);
        Assert.Equal("public, max-age=31536000, immutable", asset.Headers.CacheControl?.ToString());
        Assert.Equal("gzip", Assert.Single(asset.Content.Headers.ContentEncoding));

        using var again = new HttpRequestMessage(HttpMethod.Get, "/console/");
        again.Headers.IfNoneMatch.Add(page.Headers.ETag!);
        using var unchanged = await world.App.Client.SendAsync(again);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Theory]
    [InlineData("GET", "/console/assets/nothing.js", HttpStatusCode.NotFound)]
    [InlineData("GET", "/console/../appsettings.json", HttpStatusCode.NotFound)]
    [InlineData("GET", "/console/%2e%2e/appsettings.json", HttpStatusCode.NotFound)]
    [InlineData("POST", "/console/", HttpStatusCode.MethodNotAllowed)]
    public async Task Refuses_what_is_no_file_of_it(string method, string path, HttpStatusCode status)
    {
        var problem = await world.App.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path)).Json(status);

        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task A_server_without_the_built_console_says_that_nothing_is_there()
    {
        var app = await PorticoApp.SharedAsync();

        var problem = await app.Client.GetAsync("/console/").Json(HttpStatusCode.NotFound);

        Assert.Equal("not_found", problem.Text("code"));
        Assert.Equal(HttpStatusCode.NotFound, (await app.Client.GetAsync("/landing/")).StatusCode);
    }

    /// <summary>Leaves a message and an event that could not be handled.</summary>
    private async Task KillLettersAsync(TestPerson person)
    {
        await world.App.Database.ExecuteAsync(
            """
            INSERT INTO messages (id, event_id, user_id, template, fields, channel, address, locale, status, done_at, reason)
            VALUES ($1, $1, $2, 'welcome', '{"name":"Ada"}', 'email', $3, 'en', 'dead', now(), 'No such mailbox.')
            """,
            Guid.CreateVersion7(), person.Id, person.Email);
        await world.App.Database.ExecuteAsync(
            "INSERT INTO dead_events (id, handler, envelope, reason, died_at) VALUES ($1, 'test', $2, 'It is broken.', now())",
            Guid.CreateVersion7(), "{}"u8.ToArray());
    }

    /// <summary>Lets the next key sign at once.</summary>
    private Task PrepareKeyAsync() => Eventually.Holds(
        async () => await world.App.Database.ScalarAsync<long>(
            """
            WITH ready AS (UPDATE identity.signing_keys SET ready_at = published_at WHERE signs_since IS NULL RETURNING id)
            SELECT count(*) FROM ready
            """) > 0,
        "there is a next key");

    /// <summary>A payment that was received, with a notification of it and one that is about no payment.</summary>
    private async Task<object> PayAsync(TestPerson owner, Guid wallet)
    {
        var request = new { walletId = wallet, amount = LedgerPeople.Money("100.00"), provider = "stripe", returnUrl = $"{world.Origin}/" };
        var payment = await owner.PostAsync(world.App, "payments", request).Json(HttpStatusCode.Created);
        var remote = world.Stripe.Of(payment.GetProperty("id").GetGuid());
        world.Stripe.Pay(remote);
        var unknown = new FakePayment { Id = $"pi_{Guid.NewGuid():N}", Amount = 1, Currency = "eur", PorticoId = null };
        using (await world.Stripe.NotifyAsync(world.App.Client, "payment_intent.succeeded", remote))
        using (await world.Stripe.NotifyAsync(world.App.Client, "payment_intent.succeeded", unknown))
            await Eventually.Holds(
                async () => (await owner.GetAsync($"/api/v1/payments/{payment.Text("id")}").Json(HttpStatusCode.OK)).Text("status")
                    == "succeeded",
                "the payment is credited");
        await Eventually.Holds(
            async () => await world.App.Database.ScalarAsync<long>(
                """
                WITH given_up AS (
                    UPDATE payment_webhooks SET handled_at = now() WHERE provider_payment_id = $1 AND attempts > 0 RETURNING event_id)
                SELECT count(*) FROM given_up
                """,
                unknown.Id) > 0,
            "the other notification is given up");
        return new { id = payment.Text("id"), providerId = remote.Id, unknownId = unknown.Id };
    }

    /// <summary>A report of Stripe with another amount, and with a payment that is not booked.</summary>
    private static string ReportOf(object payment)
    {
        var id = JsonSerializer.SerializeToElement(payment).Text("providerId");
        return ReportedItem.Stripe(
            [new("payment", id, id, 90, 3.20m, "EUR"), new("payment", "pi_other", "pi_other", 5, 0.50m, "EUR")], DateTimeOffset.UtcNow);
    }

    /// <summary>Makes an operator who signs in with Google.</summary>
    private async Task SignUpWithGoogleAsync(FakePerson account)
    {
        using var browser = new TestBrowser(world.App, world.Providers);
        var end = await browser.FlowAsync("google", account, OAuthWorld.To($"{world.Origin}/console/"));
        var person = new TestPerson(world.App, account.Email!, "");
        person.Take(await browser.ExchangeAsync(new { code = OAuthWorld.CodeIn(end) }).Json(HttpStatusCode.OK));
        await world.App.Database.ExecuteAsync("UPDATE users SET role = 'manager' WHERE id = $1", person.Id);
    }

    /// <summary>Adds an authenticator app, whose time steps are all free.</summary>
    private async Task<object> EnrolAsync(TestPerson person)
    {
        var added = await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/totp").Json(HttpStatusCode.OK);
        var clock = TotpClock.Of(added.Text("secret"));
        var confirmed = await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/totp/confirm", new { code = clock.Code() })
            .Json(HttpStatusCode.OK);
        await world.App.Database.ExecuteAsync("UPDATE identity.totp SET last_step = 0 WHERE user_id = $1", person.Id);
        return new { secret = clock.SecretHex, recoveryCode = confirmed.GetProperty("recoveryCodes")[0].GetString() };
    }

    private static string[] Texts(JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(text => text.GetString()!)];
}
