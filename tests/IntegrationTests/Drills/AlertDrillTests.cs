using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Portico.DevStack;
using Portico.Domain.Users;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;
using Xunit.Abstractions;

namespace Portico.IntegrationTests.Drills;

/// <summary>Faults make the alerts of deploy/observability fire in a real Prometheus, and the alerts end with the faults.</summary>
/// <remarks>The rules are those of the repository with windows of seconds instead of minutes.</remarks>
[Trait("Category", "Drills")]
public sealed partial class AlertDrillTests(ITestOutputHelper output) : IAsyncLifetime, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("portico-alerts-").FullName;
    private readonly CancellationTokenSource _end = new();
    private readonly HttpClient _prometheus = new() { BaseAddress = new Uri($"http://127.0.0.1:{Ports.Free()}") };
    private GuardedProcess _process = null!;
    private Task _probes = Task.CompletedTask;
    private LocalStack _stack = null!;
    private PorticoApp _app = null!;

    public async Task InitializeAsync()
    {
        _stack = await LocalStack.StartAsync(new LocalStackOptions());
        _app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Stack = _stack,
            Settings = { ["Redis:Deadline"] = "00:00:01" },
        });
        _probes = ProbeAsync(_end.Token);
        var rules = await File.ReadAllTextAsync(Repository.File("deploy/observability/rules.yml"));
        rules = Window().Replace(rules, "[8s]");
        rules = Hold().Replace(rules, "for: 1s");
        // The thresholds in seconds.
        rules = rules.Replace("oldest_seconds) > 600", "oldest_seconds) > 2", StringComparison.Ordinal)
            .Replace("oldest_seconds) > 60", "oldest_seconds) > 2", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(_folder, "rules.yml"), rules);
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "prometheus.yml"),
            $$"""
            global: { scrape_interval: 1s, evaluation_interval: 1s }
            rule_files: [rules.yml]
            scrape_configs:
              - job_name: portico
                static_configs: [{ targets: ["{{_app.Management.Authority}}"] }]
            """);
        _process = await GuardedProcess.StartAsync(
            new GuardedCommand(
                Programs.Need("prometheus", "prometheus"),
                [
                    $"--config.file={_folder}/prometheus.yml",
                    $"--storage.tsdb.path={_folder}/data",
                    $"--web.listen-address={_prometheus.BaseAddress!.Authority}",
                ])
            {
                WorkingDirectory = _folder,
                LogFile = Path.Combine(_folder, "prometheus.log"),
            },
            default);
        await Eventually.Holds(
            async () => await AskAsync("count(up == 1)") is "1" && await AskAsync("count(portico_dependency_up == 1)") is "3",
            "Prometheus has scraped the server");
    }

    public async Task DisposeAsync()
    {
        await _end.CancelAsync();
        await _probes;
        await _process.DisposeAsync();
        await _app.DisposeAsync();
        await _stack.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    public void Dispose()
    {
        _prometheus.Dispose();
        _end.Dispose();
    }

    [Fact]
    public async Task Fire_for_what_is_wrong_and_end_with_it()
    {
        var person = await _app.SignUpAsync();
        var admin = await _app.SignUpAsync(Role.Admin);
        await person.OpenWalletWithAsync(_app, await _app.ManagerAsync(), "100.00");
        await Quiet();

        await _stack.Nats.KillAsync();
        await _app.SignUpAsync();
        await Firing("NatsDown", "OutboxDelayed");
        await _stack.Nats.RestartAsync();
        await Quiet();

        await _stack.Redis.KillAsync();
        await Firing("RedisDown");
        await _stack.Redis.RestartAsync();
        await Quiet();

        await _stack.Postgres.KillAsync();
        await Firing(() => person.GetAsync("/api/v1/users/me"), "PostgresDown", "ErrorRatioHigh");
        await _stack.Postgres.RestartAsync();
        await Quiet();

        await _app.Database.ExecuteAsOwnerAsync(
            "INSERT INTO dead_events (id, handler, envelope, reason) VALUES ($1, 'drill', '{}', 'a drill')", Guid.NewGuid());
        await Firing("DeadLetters");
        await _app.Database.ExecuteAsOwnerAsync("DELETE FROM dead_events");
        await Quiet();

        await _app.Database.ExecuteAsOwnerAsync("UPDATE ledger.accounts SET posted = posted + 1 WHERE kind = 'wallet'");
        var verified = await admin.GetAsync("/api/v1/ledger/verification").Json(HttpStatusCode.OK);
        Assert.False(verified.GetProperty("clean").GetBoolean());
        await Firing("LedgerWrong");
        await _app.Database.ExecuteAsOwnerAsync("UPDATE ledger.accounts SET posted = posted - 1 WHERE kind = 'wallet'");
        await admin.GetAsync("/api/v1/ledger/verification").Json(HttpStatusCode.OK);
        await Quiet();

        await _app.StopAsync();
        await Firing("ProgramDown");
    }

    private Task Firing(params string[] alerts) => Firing(() => Task.FromResult(new HttpResponseMessage()), alerts);

    private async Task Firing(Func<Task<HttpResponseMessage>> meanwhile, params string[] alerts)
    {
        await Eventually.Holds(
            async () =>
            {
                using var answer = await meanwhile();
                return !alerts.Except(await AlertsAsync(), StringComparer.Ordinal).Any();
            },
            $"firing: {string.Join(", ", alerts)}");
        output.WriteLine($"{DateTime.UtcNow:HH:mm:ss} firing: {string.Join(", ", await AlertsAsync())}");
    }

    private Task Quiet() => Eventually.Holds(async () => (await AlertsAsync()).Length == 0, "no alert fires", TimeSpan.FromMinutes(2));

    private async Task<string[]> AlertsAsync()
    {
        using var answer = JsonDocument.Parse(await _prometheus.GetStringAsync("/api/v1/alerts"));
        return
        [
            .. answer.RootElement.GetProperty("data").GetProperty("alerts").EnumerateArray()
                .Where(alert => alert.Text("state") == "firing")
                .Select(alert => alert.GetProperty("labels").Text("alertname"))
                .Distinct(StringComparer.Ordinal),
        ];
    }

    private async Task<string?> AskAsync(string query)
    {
        try
        {
            using var answer = JsonDocument.Parse(
                await _prometheus.GetStringAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}"));
            var result = answer.RootElement.GetProperty("data").GetProperty("result");
            return result.GetArrayLength() == 0 ? null : result[0].GetProperty("value")[1].GetString();
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>Asks for readiness every second, as compose and Kubernetes do.</summary>
    private async Task ProbeAsync(CancellationToken end)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        using var client = new HttpClient();
        try
        {
            while (await timer.WaitForNextTickAsync(end))
            {
                try
                {
                    using var answer = await client.GetAsync(new Uri(_app.Management, "/health/ready"), end);
                }
                catch (HttpRequestException)
                {
                    // The server was stopped.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the test.
        }
    }

    [GeneratedRegex(@"\[(5m|10m|1h)\]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Window();

    [GeneratedRegex(@"for: \d+[sm]", RegexOptions.None, 1000)]
    private static partial Regex Hold();
}
