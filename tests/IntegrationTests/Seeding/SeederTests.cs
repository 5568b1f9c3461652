using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;
using Portico.Infrastructure.Ledger;
using Portico.IntegrationTests.Events;
using Portico.IntegrationTests.Payments;
using Portico.Testing;

namespace Portico.IntegrationTests.Seeding;

public sealed partial class SeederTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("portico-seed-");
    private TestSeeder _seeder = null!;

    public async Task InitializeAsync() => _seeder = await TestSeeder.CreateAsync();

    public Task DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Changes_nothing_when_the_reference_data_is_there()
    {
        Assert.Equal("reference: 0 changes", (await Seed("reference")).Trim());
    }

    [Fact]
    public async Task Restores_reference_data_that_somebody_changed()
    {
        await Execute(
            """
            UPDATE currencies SET decimals = 5 WHERE code = 'EUR';
            DELETE FROM role_permissions;
            INSERT INTO permissions VALUES ('gone.long.ago')
            """);
        Assert.NotEqual("reference: 0 changes", (await Seed("reference")).Trim());
        Assert.Equal((short)2, await Execute("SELECT decimals FROM currencies WHERE code = 'EUR'"));
        Assert.Equal(0L, await Execute("SELECT count(*) FROM permissions WHERE name = 'gone.long.ago'"));
        Assert.Equal("reference: 0 changes", (await Seed("reference")).Trim());
    }

    [Fact]
    public async Task Makes_demo_people_once_and_prints_their_passwords_once()
    {
        var file = Path.Combine(_folder.FullName, "demo.json");
        var first = await Seed("demo", "--users", "30", "--credentials-file", file);
        Assert.StartsWith("demo: 33 changes", first, StringComparison.Ordinal);
        var signIns = JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(file));
        Assert.Equal(["admin", "manager", "user"], signIns.EnumerateArray().Select(signIn => signIn.Text("role")));
        Assert.All(signIns.EnumerateArray(), signIn => Assert.Contains(signIn.Text("password"), first, StringComparison.Ordinal));
        Assert.Equal("demo: 0 changes", (await Seed("demo", "--users", "30")).Trim());
        Assert.StartsWith("demo: 3 changes", await Seed("demo", "--users", "30", "--reset-passwords"), StringComparison.Ordinal);
        // Nobody writes to them.
        Assert.Equal(0L, await Execute(TestOutbox.CountWaiting));
    }

    [Fact]
    public async Task Gives_demo_people_paid_orders_once()
    {
        await Seed("demo", "--users", "6", "--transfers", "200");
        // The service of the shared application has a database with the demo products.
        var orders = await OrdersApp.SharedAsync();
        _seeder.Settings["ConnectionStrings:Orders"] = orders.ConnectionString;

        Assert.Matches("^orders: [1-9][0-9]* changes$", (await Seed("orders")).Trim());
        Assert.Equal("orders: 0 changes", (await Seed("orders")).Trim());
        Assert.Equal(0L, await Execute("SELECT count(*) FROM ledger.holds WHERE status <> 'captured'"));
        Assert.Equal(0m, await Execute("SELECT sum(posted) FROM ledger.accounts"));
    }

    [Fact]
    public async Task Gives_demo_people_payments_once_that_agree_with_the_ledger()
    {
        await Seed("demo", "--users", "12", "--transfers", "200");
        Assert.Equal("payments: 15 changes", (await Seed("payments")).Trim());
        Assert.Equal(
            "canceled:3,pending:3,succeeded:9",
            await Execute(
                """
                SELECT string_agg(shown, ',' ORDER BY shown)
                FROM (SELECT status || ':' || count(*) AS shown FROM payments GROUP BY status) counted
                """));
        Assert.Equal(3L, await Execute("SELECT count(*) FROM payments WHERE needs_attention"));
        Assert.Equal(3L, await Execute("SELECT count(*) FROM payments WHERE refunded > 0 AND NOT needs_attention"));
        Assert.Equal(12L, await Execute("SELECT count(*) FROM payment_webhooks WHERE handled_at IS NOT NULL"));
        await PaymentChecker.CheckPaymentsAsync(_seeder.Database.Portico);
        // The report has 8 of 9 payments, and all refunds.
        const string comparison =
            "SELECT string_agg(matched || ' ' || missing_there || ' ' || missing_here, ',') FROM ledger.reconciliations";
        Assert.Equal("14 1 0", await Execute(comparison));

        var journals = await Execute("SELECT count(*) FROM ledger.journals");
        Assert.Equal("payments: 0 changes", (await Seed("payments")).Trim());
        Assert.Equal(journals, await Execute("SELECT count(*) FROM ledger.journals"));
        Assert.Equal(12L, await Execute("SELECT count(*) FROM payment_webhooks"));
        Assert.Equal("14 1 0", await Execute(comparison));
        await using var connection = new NpgsqlConnection(_seeder.Database.Migrator);
        await connection.OpenAsync();
        var found = (await LedgerVerification.VerifyAsync(connection, _ => { }, default)).Value;
        Assert.All(found.Checks, check => Assert.True(check.Clean, $"{check.Name}: {check.FirstWrong}"));
        // Nobody is told.
        Assert.Equal(0L, await Execute(TestOutbox.CountWaiting));
    }

    [Fact]
    public async Task Gives_demo_wallets_a_year_of_history_once_and_tells_nobody()
    {
        Assert.Contains("transfers", await Seed("demo", "--users", "12", "--transfers", "300"), StringComparison.Ordinal);
        Assert.Equal(300L, await Execute("SELECT count(*) FROM ledger.journals"));
        Assert.Equal("demo: 0 changes", (await Seed("demo", "--users", "12", "--transfers", "300")).Trim());
        Assert.Contains(
            "  0 wallets, 1500 transfers", await Seed("demo", "--users", "12", "--transfers", "1800"), StringComparison.Ordinal);

        Assert.Equal(1800L, await Execute("SELECT count(*) FROM ledger.journals"));
        Assert.Equal(true, await Execute("SELECT max(recorded_at) - min(recorded_at) > interval '360 days' FROM ledger.journals"));
        Assert.Equal(true, await Execute("SELECT count(DISTINCT currency) >= 4 AND count(DISTINCT kind) = 3 FROM ledger.journals"));
        Assert.Equal(0L, await Execute("SELECT count(*) FROM outbox WHERE type LIKE 'ledger.%'"));
        await using var connection = new NpgsqlConnection(_seeder.Database.Migrator);
        await connection.OpenAsync();
        var found = (await LedgerVerification.VerifyAsync(connection, _ => { }, default)).Value;
        Assert.All(found.Checks, check => Assert.True(check.Clean, $"{check.Name}: {check.FirstWrong}"));
    }

    [Fact]
    public async Task Gives_demo_people_forecasts_of_events_once_and_tells_nobody()
    {
        string[] demo = ["demo", "--users", "30", "--transfers", "0"];
        Assert.Contains("  7 events, 162 forecasts", await Seed(demo), StringComparison.Ordinal);
        Assert.Equal(
            "closed:1,open:4,settled:2",
            await Execute(
                """
                SELECT string_agg(shown, ',' ORDER BY shown) FROM (
                    SELECT status || ':' || count(*) AS shown FROM events CROSS JOIN LATERAL (
                        SELECT CASE WHEN settled_at IS NOT NULL THEN 'settled' WHEN closes_at < now() THEN 'closed'
                            WHEN closes_at - now() BETWEEN interval '29 days' AND interval '121 days' THEN 'open' END) shown (status)
                    GROUP BY status) counted
                """));
        Assert.Equal(0L, await Execute(
            """
            SELECT count(*) FROM forecasts f JOIN events e ON e.id = f.event_id
            WHERE f.decided_at NOT BETWEEN e.created_at AND least(e.closes_at, now())
            """));
        Assert.Equal(0L, await Execute(
            """
            SELECT count(*) FROM forecaster_scores FULL JOIN (
                SELECT owner_id AS user_id, sum(points) AS points, count(*) AS forecasts FROM forecasts
                WHERE settled_at IS NOT NULL GROUP BY owner_id) counted USING (user_id)
            WHERE (forecaster_scores.points, forecaster_scores.forecasts) IS DISTINCT FROM (counted.points, counted.forecasts)
            """));
        // They may set every result.
        Assert.Equal(0L, await Execute("SELECT count(*) FROM forecasts JOIN users ON users.id = owner_id WHERE role <> 'user'"));
        Assert.Equal(0L, await Execute(TestOutbox.CountWaiting));

        // A manager may have changed them.
        await Execute("UPDATE events SET title = 'Another', deleted_at = now() WHERE result IS NULL");
        Assert.Equal("demo: 0 changes", (await Seed(demo)).Trim());

        const string choices =
            """
            SELECT string_agg(concat_ws(' ', title, email, outcome, points), ',' ORDER BY title, email)
            FROM forecasts f JOIN events e ON e.id = f.event_id JOIN users u ON u.id = f.owner_id WHERE e.result IS NOT NULL
            """;
        var first = await Execute(choices);
        await Execute("DELETE FROM forecasts; DELETE FROM events; DELETE FROM forecaster_scores");
        await Seed(demo);
        Assert.Equal(first, await Execute(choices));
    }

    [Fact]
    public async Task Shows_a_demo_user_open_events_a_full_leaderboard_and_own_forecasts()
    {
        var file = Path.Combine(_folder.FullName, "demo.json");
        await Seed("demo", "--transfers", "0", "--credentials-file", file);
        var signIn = JsonSerializer.Deserialize<JsonElement[]>(await File.ReadAllTextAsync(file))!
            .Single(signIn => signIn.Text("role") == "user");
        await using var app = await PorticoApp.StartAsync(
            new PorticoAppOptions { Database = _seeder.Database, Settings = _seeder.Settings.AsReadOnly() });
        var user = new TestPerson(app, signIn.Text("email"), signIn.Text("password"));
        user.Take(await user.LogInAsync().Json(HttpStatusCode.OK));

        var open = await user.GetAsync("/api/v1/events?status=open").Json(HttpStatusCode.OK);
        Assert.Equal(
            "Football: Portugal – Brazil, Ice hockey: Finland – Canada, Chess: India – Norway, Rugby: Ireland – New Zealand",
            string.Join(", ", open.GetProperty("items").EnumerateArray().Select(about => about.Text("title"))));
        var board = await user.GetAsync("/api/v1/leaderboard?limit=10").Json(HttpStatusCode.OK);
        Assert.Equal(10, board.GetProperty("items").GetArrayLength());
        var forecasts = (await user.GetAsync("/api/v1/forecasts").Json(HttpStatusCode.OK)).GetProperty("items").EnumerateArray().ToList();
        // One event is left to forecast.
        Assert.Equal(
            "Football: Portugal – Brazil",
            Assert.Single(open.GetProperty("items").EnumerateArray(), about => forecasts.All(
                forecast => forecast.Text("eventId") != about.Text("id"))).Text("title"));
    }

    [Fact]
    public async Task Makes_the_same_people_from_the_same_seed()
    {
        await Seed("demo", "--users", "40", "--seed", "7", "--transfers", "0");
        var names = await Execute("SELECT string_agg(display_name, ',' ORDER BY email) FROM users");
        await Execute("DELETE FROM forecasts; DELETE FROM users WHERE email LIKE 'person%'");
        await Seed("demo", "--users", "40", "--seed", "7", "--transfers", "0");
        Assert.Equal(names, await Execute("SELECT string_agg(display_name, ',' ORDER BY email) FROM users"));
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("production ")]
    [InlineData("")]
    public async Task Refuses_demo_people_in_production_without_force(string environment)
    {
        _seeder.Settings["DOTNET_ENVIRONMENT"] = environment;
        using var output = new StringWriter();
        Assert.Equal(1, await _seeder.Run(output, "demo"));
        Assert.Contains("--force", output.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("demo: 3 changes", await Seed("demo", "--users", "0", "--force"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dismisses_an_administrator_whom_no_other_could_touch_and_notes_both()
    {
        await Seed("admin", "--email", "root@example.org");
        await Seed("admin", "--email", "next@example.org");
        Assert.Equal("admin: 1 changes", (await Seed("admin", "--email", "root@example.org", "--dismiss")).Trim());
        Assert.Equal("admin: 0 changes", (await Seed("admin", "--email", "root@example.org", "--dismiss")).Trim());
        Assert.Equal("user", await Execute("SELECT role FROM users WHERE email = 'root@example.org'"));
        using var refused = new StringWriter();
        Assert.NotEqual(0, await _seeder.Run(refused, "admin", "--email", "next@example.org", "--dismiss"));
        Assert.Contains("last administrator", refused.ToString(), StringComparison.Ordinal);
        Assert.Equal(3L, await Execute("SELECT count(*) FROM audit_log WHERE action = 'user.role_changed' AND actor IS NULL"));
    }

    [Fact]
    public async Task Makes_an_administrator_who_sets_the_password_with_the_printed_code()
    {
        var printed = await Seed("admin", "--email", "Root@Example.org");
        Assert.StartsWith("admin: 1 changes", printed, StringComparison.Ordinal);
        var code = Code().Match(printed).Groups["code"].Value;

        await using var app = await PorticoApp.StartAsync(
            new PorticoAppOptions { Database = _seeder.Database, Settings = _seeder.Settings.AsReadOnly() });
        await app.Client.Post("auth/confirm-reset-password", new { email = "root@example.org", code, newPassword = "correct horse" })
            .Json(HttpStatusCode.NoContent);
        var root = new TestPerson(app, "root@example.org", "correct horse");
        root.Take(await root.LogInAsync().Json(HttpStatusCode.OK));
        var check = await root.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        Assert.Equal("""["admin","manager","user"]""", check.GetProperty("roles").ToString());

        await app.Client.Post("auth/confirm-reset-password", new { email = "root@example.org", code, newPassword = "correct horse" })
            .Problem(HttpStatusCode.BadRequest, "invalid_code");
        Assert.Equal("admin: 0 changes", (await Seed("admin", "--email", "root@example.org")).Trim());
    }

    [Fact]
    public async Task Names_the_setting_that_is_missing()
    {
        _seeder.Settings.Remove("ConnectionStrings:Portico");
        using var output = new StringWriter();
        Assert.Equal(1, await _seeder.Run(output, "reference"));
        Assert.Contains("ConnectionStrings:Portico", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("demo", "Passwords:Argon2MemoryKiB", "much")]
    [InlineData("admin", "Redis:Deadline", "soon")]
    [InlineData("catalogue", "ConnectionStrings:Orders", "Host=x;Password=half;secret")]
    [InlineData("orders", "ConnectionStrings:Orders", "nonsense")]
    public async Task Names_the_setting_that_is_wrong_and_no_piece_of_its_password(string command, string key, string value)
    {
        _seeder.Settings[key] = value;
        await using var output = new StringWriter();
        string[] options = command == "admin" ? ["--email", "root@example.org"] : [];
        Assert.Equal(1, await _seeder.Run(output, [command, .. options]));
        Assert.Contains(key, output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", output.ToString(), StringComparison.Ordinal);
    }

    private Task<string> Seed(params string[] arguments) => _seeder.Seed(arguments);

    // As the superuser: the application's role may not do all of this.
    private Task<object?> Execute(string sql) => Sql.ScalarAsync<object?>(_seeder.Database.Superuser, sql);

    [GeneratedRegex("\"code\":\"(?<code>[0-9]{6})\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Code();
}
