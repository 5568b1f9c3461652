using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Portico.Domain.Users;
using Portico.IntegrationTests.Browser;
using Portico.IntegrationTests.Forecasts;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

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
        var wallet = await owner.OpenWalletWithAsync(world.App, manager, "12.34");
        var other = await user.OpenWalletAsync();
        var transfer = await owner.TransferAsync(world.App, wallet, other, "1.50");
        var hold = await owner.PlaceHoldAsync(world.App, wallet, other, "1.00");

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
            recoveryCode = await RecoveryCodeAsync(manager),
        }));

        foreach (var kind in (string[])["failures", "errors", "findings", "overflow"])
            Assert.Empty(Texts(seen, kind));
        var pages = seen.GetProperty("pages");
        Assert.Contains("/users", Texts(pages, "admin"));
        Assert.Contains("/wallets", Texts(pages, "manager"));
        Assert.DoesNotContain("/users", Texts(pages, "manager"));
        Assert.Empty(Texts(pages, "user"));
        string[] acts = ["End these sessions", "Replay", "Drop", "Rotate", "Delete", "Сторнировать", "Списать", "Внести результат"];
        Assert.Empty(acts.Except(Texts(seen, "acts"), StringComparer.Ordinal));
        // The browser keeps nothing but the cookie, which no script reads.
        Assert.Empty(Texts(seen, "stored"));
        Assert.InRange(seen.GetProperty("script").GetInt32(), 1, ScriptLimit);
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
        async () => await world.App.Database.Ask<long>(
            """
            WITH ready AS (UPDATE identity.signing_keys SET ready_at = published_at WHERE signs_since IS NULL RETURNING id)
            SELECT count(*) FROM ready
            """) > 0,
        "there is a next key");

    private static async Task<string> RecoveryCodeAsync(TestPerson person)
    {
        var added = await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/totp").Json(HttpStatusCode.OK);
        var code = SecondFactors.TotpClock.Of(added.Text("secret")).Code();
        var confirmed = await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/totp/confirm", new { code })
            .Json(HttpStatusCode.OK);
        return confirmed.GetProperty("recoveryCodes")[0].GetString()!;
    }

    private static string[] Texts(JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(text => text.GetString()!)];
}
