using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Portico.DevStack;
using Portico.IntegrationTests.Ledger;
using Portico.Migrator;
using Portico.Seeder;
using Portico.Testing;
using Xunit.Abstractions;

namespace Portico.IntegrationTests.Drills;

/// <summary>Upgrades an earlier version, which is built from the history of the repository, while people read and pay.</summary>
[Trait("Category", "Drills")]
[Collection(ReplicaLoad.OneAtATime)]
public sealed partial class UpgradeDrillTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Migrations = "src/Infrastructure/Postgres/Migrations";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    private readonly string _folder = Directory.CreateTempSubdirectory("portico-upgrade-").FullName;
    private LocalStack _stack = null!;
    private PorticoApp _app = null!;
    private TestDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _stack = await LocalStack.StartAsync(new LocalStackOptions());
        // Only its settings and its mailbox are used: its database has the new schema.
        _app = await PorticoApp.StartAsync(new PorticoAppOptions { Stack = _stack });
        await _app.StopAsync();
        _database = TestDatabase.Named($"upgrade_{Guid.NewGuid():N}", _stack);
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _stack.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task No_request_fails_and_no_lock_is_long_while_a_new_version_replaces_the_one_before()
    {
        await BuildEarlierVersionAsync();
        await EarlierAsync("Migrator", "up");
        await EarlierAsync("Seeder", "reference");
        var before = await VersionAsync();
        var settings = new Dictionary<string, string?>(Replicas.Settings, StringComparer.Ordinal)
        {
            ["ConnectionStrings:Portico"] = _database.Portico,
        };
        await using var replicas = await Replicas.StartAsync(_app, settings, Assembly("WebApi"));
        var (person, wallets) = await PayerAsync(replicas[0]);
        await ReportLocksAsync();

        await using var load = new ReplicaLoad(replicas.Proxy.Client, person, wallets);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(_database.Settings()).Build();
        await TestDatabase.Succeed((text, error) => MigratorApp.RunAsync(["up"], configuration, text, error, default));
        await TestDatabase.Succeed((text, error) => SeederApp.RunAsync(["reference"], configuration, text, error, default));
        var after = await VersionAsync();
        for (var n = 0; n < replicas.Count; n++)
        {
            await replicas.ReplaceAsync(n, _app, settings);
            await load.RefreshAsync();
        }

        output.WriteLine($"from migration {before} to {after}: {load.Summary}");
        await load.EndAsync(replicas.Proxy.Log);
        Assert.NotEqual(before, after);
        Assert.Equal($"{load.Transfers}", await _database.TextAsync("SELECT count(*) FROM ledger.journals WHERE kind = 'transfer'"));
        await LedgerChecker.CheckAsync(_database.Portico);
        // Transactions that wait for a row are the load; those that wait for a table are the upgrade.
        var waits = LongWait().Matches(await File.ReadAllTextAsync(_stack.Postgres.LogFile)).Select(wait => wait.Value).ToArray();
        Assert.True(waits.Length == 0, string.Join('\n', waits));
    }

    private static async Task<(TestPerson Person, Guid[] Wallets)> PayerAsync(PorticoApp app, TestDatabase database, HttpClient replica)
    {
        var (person, manager) = (await app.SignUpAsync(at: replica), await app.SignUpAsync(at: replica));
        await database.ExecuteAsync("UPDATE users SET role = 'manager' WHERE id = $1", manager.Id);
        manager.Take(await manager.RefreshAsync().Json(HttpStatusCode.OK));
        Guid[] wallets = [await person.OpenWalletAsync(), await person.OpenWalletAsync()];
        foreach (var wallet in wallets)
        {
            using var deposit = await manager.SendAsync(
                replica, "deposits", new { walletId = wallet, amount = LedgerPeople.Money("10000.00"), description = "funds" }, key: null);
            await deposit.Json(HttpStatusCode.Created);
        }

        return (person, wallets);
    }

    private Task<(TestPerson Person, Guid[] Wallets)> PayerAsync(HttpClient replica) => PayerAsync(_app, _database, replica);

    /// <summary>Lets PostgreSQL log each wait for a lock that is longer than 200 ms.</summary>
    private async Task ReportLocksAsync()
    {
        await using var source = Npgsql.NpgsqlDataSource.Create(_stack.Postgres.ConnectionString);
        foreach (var sql in (string[])
            ["ALTER SYSTEM SET log_lock_waits = on", "ALTER SYSTEM SET deadlock_timeout = '200ms'", "SELECT pg_reload_conf()"])
        {
            await using var command = source.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }
    }

    /// <summary>Builds the version of PORTICO_UPGRADE_FROM, or the last one that did not have the newest migration.</summary>
    private Task BuildEarlierVersionAsync() => ShellAsync(
        $$"""
        newest=$(git -C {{Repository.Root}} ls-files '{{Migrations}}/*.up.sql' | tail -n 1)
        from=${PORTICO_UPGRADE_FROM:-$(git -C {{Repository.Root}} log -1 --format=%H --diff-filter=A -- "$newest")^}
        git -C {{Repository.Root}} archive "$from" src proto Directory.*.props global.json .editorconfig | tar -x -C {{_folder}}
        for project in WebApi Migrator Seeder; do
            dotnet build src/$project -c Release -v quiet -m:1 -p:RunAnalyzers=false -p:ReadyToRun=false
        done
        """);

    private Task EarlierAsync(string program, string command) => ShellAsync(
        $"dotnet {Assembly(program)} {command}",
        _database.Settings().Where(setting => setting.Value is not null)
            .ToDictionary(setting => setting.Key.Replace(":", "__", StringComparison.Ordinal), setting => setting.Value!));

    private string Assembly(string project) => Path.Combine(_folder, $"src/{project}/bin/Release/net10.0/Portico.{project}.dll");

    private async Task<string> VersionAsync() =>
        await _database.TextAsync("SELECT max(id) FROM schema_migrations");

    private async Task ShellAsync(string script, Dictionary<string, string>? settings = null)
    {
        var environment = new Dictionary<string, string>(settings ?? [], StringComparer.Ordinal)
        {
            // No build server may outlive the test.
            ["MSBUILDDISABLENODEREUSE"] = "1",
            ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
            ["UseSharedCompilation"] = "false",
            ["DOTNET_NOLOGO"] = "1",
        };
        var run = await Shell.RunAsync($"set -euo pipefail\n{script}", _folder, Patience, environment);
        Assert.True(run.ExitCode == 0, run.Output + run.Errors);
    }

    [GeneratedRegex("^.*still waiting for .* on relation .*$", RegexOptions.Multiline, 1000)]
    private static partial Regex LongWait();
}
