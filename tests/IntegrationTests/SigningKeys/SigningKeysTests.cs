using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Portico.DevStack;
using Portico.Infrastructure.SigningKeys;
using Portico.Testing;

namespace Portico.IntegrationTests.SigningKeys;

public sealed class SigningKeysTests : IAsyncLifetime
{
    private readonly List<PorticoApp> _apps = [];
    private LocalStack _stack = null!;
    private TestDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _stack = await SharedStack.GetAsync();
        _database = await TestDatabase.CreateAsync(_stack);
    }

    public async Task DisposeAsync()
    {
        foreach (var app in _apps)
            await app.DisposeAsync();
    }

    [Fact]
    public async Task Servers_that_start_at_once_make_one_set_of_keys()
    {
        await Forget();
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal) { ["Tokens:Algorithm"] = "ES256" };
        var apps = await Task.WhenAll(StartAsync(settings), StartAsync(settings), StartAsync(settings));

        var signer = Assert.Single(apps.Select(app => Ring(app).Signer.Id).Distinct(StringComparer.Ordinal));
        Assert.Equal(
            "1 current, 1 next",
            await Text(
                """
                SELECT string_agg(n || ' ' || state, ', ' ORDER BY state)
                FROM (SELECT state, count(*) AS n FROM identity.signing_keys GROUP BY state) s
                """));
        Assert.Equal(
            "signing_key.made, signing_key.promoted",
            await Text($"SELECT string_agg(action, ', ' ORDER BY action) FROM audit_log WHERE subject_id = '{signer}'"));
        // The private half is nowhere to be read.
        Assert.Equal(
            "0",
            await Text("SELECT count(*) FROM identity.signing_keys WHERE position('\\x06082a8648ce3d030107'::bytea IN sealed_key) > 0"));
    }

    [Fact]
    public async Task Of_many_who_rotate_at_once_one_does()
    {
        await _database.ExecuteAsync("UPDATE identity.signing_keys SET ready_at = now()");
        var before = await Text("SELECT id FROM identity.signing_keys WHERE state = 'next'");
        var runs = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Migrate("keys", "rotate")));

        Assert.Equal([0, 1, 1, 1, 1, 1], runs.Select(run => run.ExitCode).Order());
        Assert.All(
            runs.Where(run => run.ExitCode == 1), run => Assert.Contains("There is no next key yet", run.Output, StringComparison.Ordinal));
        Assert.Equal(before, await Text("SELECT id FROM identity.signing_keys WHERE state = 'current'"));
        Assert.Equal("1", await Text("SELECT count(*) FROM audit_log WHERE action = 'signing_key.retired'"));
    }

    [Fact]
    public async Task A_server_with_another_sealing_key_says_so_and_does_not_start()
    {
        var (exitCode, error) = await RunServer(NewKey());

        Assert.Equal(1, exitCode);
        Assert.Contains(
            "Tokens:SealingKey does not open the",
            Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_sealing_key_is_exchanged_without_losing_a_key()
    {
        var (old, @new) = (TestDatabase.SealingKey, NewKey());
        var before = await Text("SELECT string_agg(id, ',' ORDER BY id) FROM identity.signing_keys");
        Assert.Equal(1, (await MigrateUnder(@new, "", "keys", "reseal")).ExitCode);
        // The secrets of authenticator apps are sealed with it too.
        var person = await (await StartAsync([])).SignUpAsync();
        var added = await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/totp").Json(HttpStatusCode.OK);

        var resealed = await MigrateUnder(@new, old, "keys", "reseal");

        Assert.Contains("Resealed: 2. Secrets of authenticator apps: 1.", resealed.Output, StringComparison.Ordinal);
        Assert.Contains("Resealed: 0", (await MigrateUnder(@new, "", "keys", "reseal")).Output, StringComparison.Ordinal);
        Assert.Equal(1, (await MigrateUnder(old, "", "keys", "reseal")).ExitCode);
        Assert.Equal(before, await Text("SELECT string_agg(id, ',' ORDER BY id) FROM identity.signing_keys"));
        var app = await StartAsync(new() { ["Tokens:SealingKey"] = @new });
        await app.SignUpAsync();
    }

    [Fact]
    public async Task A_row_that_somebody_changed_is_not_taken_and_the_known_keys_go_on()
    {
        var app = await StartAsync([]);
        var person = await app.SignUpAsync();
        var ring = Ring(app);
        await _database.ExecuteAsync(
            """
            UPDATE identity.signing_keys SET state = 'previous', signs_since = now(), published_until = now() + interval '1 hour'
            WHERE state = 'next'
            """);

        await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        Assert.Same(ring, Ring(app));
        Assert.Contains("was changed after it was sealed", (await RunServer(TestDatabase.SealingKey)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_the_keys_without_a_sealing_key()
    {
        var list = await MigrateUnder("", "", "keys", "list", "--json");

        Assert.Equal(0, list.ExitCode);
        Assert.Equal(
            ["current", "next"],
            JsonDocument.Parse(list.Output).RootElement.GetProperty("keys").EnumerateArray().Select(key => key.Text("state")).Order());
        var refused = await MigrateUnder("", "", "keys", "rotate");
        Assert.Contains("Tokens:SealingKey is missing", refused.Output, StringComparison.Ordinal);
        Assert.Contains("and may sign from", (await Migrate("keys", "rotate")).Output, StringComparison.Ordinal);
    }

    private async Task<PorticoApp> StartAsync(Dictionary<string, string?> settings)
    {
        var app = await PorticoApp.StartAsync(new PorticoAppOptions { Database = _database, Settings = settings });
        lock (_apps)
            _apps.Add(app);
        return app;
    }

    /// <summary>Starts a server that is not expected to run.</summary>
    private async Task<(int ExitCode, string Error)> RunServer(string sealingKey)
    {
        await using var error = new StringWriter();
        var settings = _database.Settings();
        (settings["urls"], settings["Management:Url"]) = ("http://127.0.0.1:0", "http://127.0.0.1:0");
        settings["Logging:LogLevel:Default"] = "None";
        settings["Redis:ConnectionString"] = _stack.Redis.ConnectionString;
        settings["Nats:Url"] = _stack.Nats.ConnectionString;
        settings["Tokens:Issuer"] = "http://127.0.0.1";
        settings["Tokens:SealingKey"] = sealingKey;
        (settings["Sessions:Key"], settings["Otp:Key"]) = (NewKey(), NewKey());
        settings["Mail:Mailbox"] = Path.GetTempPath();
        return (
            await WebApi.WebApiHost.RunAsync([.. settings.Select(setting => $"--{setting.Key}={setting.Value}")], error), error.ToString());
    }

    private Task<(int ExitCode, string Output)> Migrate(params string[] command) => KeysTool.RunAsync(_database, command);

    private Task<(int ExitCode, string Output)> MigrateUnder(string sealingKey, string otherSealingKey, params string[] command) =>
        KeysTool.RunUnderAsync(sealingKey, otherSealingKey, _database, command);

    private Task<string> Text(string sql) => _database.TextAsync(sql);

    private Task Forget() => _database.ExecuteAsync("DELETE FROM identity.signing_keys");

    private static KeyRing Ring(PorticoApp app) => app.Services.GetRequiredService<TokenKeys>().Current;

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
}
