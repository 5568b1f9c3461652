using System.Diagnostics;
using System.Globalization;
using System.Net;
using Portico.DevStack;
using Portico.IntegrationTests.Clusters;
using Portico.IntegrationTests.Events;
using Portico.Testing;
using Xunit.Abstractions;

namespace Portico.IntegrationTests.Drills;

/// <summary>The disk of PostgreSQL, Redis and NATS, a small file system in memory, becomes full under load.</summary>
[Trait("Category", "Drills")]
public sealed class DiskFullTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Ballast = "ballast";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _disk = Directory.CreateTempSubdirectory("portico-disk-").FullName;
    private LocalStack _stack = null!;
    private PorticoApp _app = null!;

    public async Task InitializeAsync()
    {
        await ShellAsync($"{Sudo}mount -t tmpfs -o size=400m,mode=755,uid=$(id -u) tmpfs {_disk}");
        _stack = await LocalStack.StartAsync(new LocalStackOptions { DataFolder = Path.Combine(_disk, "stack") });
        // The stream takes the events of a minute of payments.
        _app = await PorticoApp.StartAsync(
            new PorticoAppOptions { Stack = _stack, Settings = { ["Events:MaxBytes"] = $"{96 * 1024 * 1024}" } });
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _stack.DisposeAsync();
        // The rest of a process that has just ended may still have a file of it.
        await ShellAsync($"{Sudo}umount --lazy {_disk}");
        Directory.Delete(_disk);
    }

    [Fact]
    public async Task A_full_disk_is_refused_loudly_and_nothing_is_lost_when_there_is_room_again()
    {
        var person = await _app.SignUpAsync();
        await using var load = await PaymentLoad.StartAsync(_app);

        // Until nothing is left; the servers fill what is left of the last block.
        await ShellAsync($"dd if=/dev/zero of={_disk}/{Ballast} bs=64k 2>/dev/null || true");
        await Eventually.Holds(
            async () =>
            {
                using var answer = await _app.Client.GetAsync("/health/ready");
                return load.Refused > 0 && answer.StatusCode == HttpStatusCode.ServiceUnavailable;
            },
            "payments are refused, and readiness says so",
            Patience);
        output.WriteLine($"refused after {load.Count} payments; PostgreSQL runs: {_stack.Postgres.IsRunning}");

        await ShellAsync($"rm {_disk}/{Ballast}*");
        // PostgreSQL ends itself when it can't write its log, and NATS turns JetStream off. A supervisor starts them again.
        var room = Stopwatch.GetTimestamp();
        foreach (var server in _stack.Servers)
            await server.RestartAsync();
        await load.MoreAsync(50);
        output.WriteLine($"paying again {Stopwatch.GetElapsedTime(room).TotalSeconds:0.0} s after there is room");
        await Eventually.Holds(async () => (await person.RefreshAsync()).StatusCode == HttpStatusCode.OK, "refreshing again", Patience);
        await load.EndAsync();
        await Eventually.Holds(
            async () => await _app.Database.TextAsync(TestOutbox.CountWaiting) == "0", "every event is published", Patience);
        await LedgerChecker.CheckAsync(_app.Database.Portico);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{load.Count} payments, {load.Refused} refusals"));
    }

    private static string Sudo => Environment.IsPrivilegedProcess ? "" : "sudo -n ";

    private static async Task ShellAsync(string script)
    {
        var run = await Shell.RunAsync($"set -euo pipefail\n{script}", "/", Patience);
        Assert.True(run.ExitCode == 0, run.Output + run.Errors);
    }
}
