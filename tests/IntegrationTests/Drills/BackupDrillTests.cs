using Npgsql;
using Portico.DevStack;
using Portico.Infrastructure.Ledger;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;
using Xunit.Abstractions;

namespace Portico.IntegrationTests.Drills;

/// <summary>Runs the commands of the run book: a ledger is backed up while it works, lost, and restored on another server.</summary>
[Trait("Category", "Drills")]
public sealed class BackupDrillTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Sums = "SELECT string_agg(currency || ' ' || sum, ',' ORDER BY currency) FROM "
        + "(SELECT currency, sum(posted) || ' of ' || count(*) AS sum FROM ledger.accounts GROUP BY currency) s";

    private const string Chain = "SELECT string_agg(height || ' ' || encode(hash, 'hex'), ',' ORDER BY height) FROM ledger.blocks";
    private const string Balances = "SELECT string_agg(id || ' ' || posted, ',' ORDER BY id) FROM ledger.accounts";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly string _folder = Directory.CreateTempSubdirectory("portico-backup-").FullName;
    private LocalStack _stack = null!;
    private LocalStack _other = null!;
    private PorticoApp _app = null!;

    public async Task InitializeAsync()
    {
        _stack = await LocalStack.StartAsync(new LocalStackOptions());
        _other = await LocalStack.StartAsync(new LocalStackOptions { Servers = LocalServers.Postgres });
        _app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Stack = _stack,
            Settings = { ["HashChain:SealInterval"] = "00:00:00.05", ["HashChain:MaxBlock"] = "3" },
        });
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _other.DisposeAsync();
        await _stack.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_dump_restores_the_same_sums_and_the_same_chain()
    {
        await MoveMoneyAsync();
        var before = await SnapshotAsync(_app.Database.Superuser);

        await RunAsync("dump", _stack);
        await MoveMoneyAsync();
        await RunAsync("restore a dump", _other);

        var restored = new NpgsqlConnectionStringBuilder(_other.Postgres.ConnectionString) { Database = Database, Pooling = false };
        Assert.Equal(before, await SnapshotAsync(restored.ConnectionString));
        await VerifyAsync(restored.ConnectionString);
    }

    [Fact]
    public async Task A_base_backup_and_the_log_restore_any_moment()
    {
        var archive = Path.Combine(_folder, "archive");
        Directory.CreateDirectory(archive);
        await ShellAsync($"chown --reference={_stack.Postgres.DataFolder} {_folder} {archive}", _stack);
        await RunAsync("archive the log", _stack);
        await _stack.Postgres.RestartAsync();
        await Eventually.Holds(
            async () => (await _app.Client.GetAsync("/health/ready")).IsSuccessStatusCode, "the server is ready again");

        await MoveMoneyAsync();
        await RunAsync("base backup", _stack);
        await MoveMoneyAsync();
        var before = await SnapshotAsync(_app.Database.Superuser);
        var moment = await Sql.ScalarAsync<string>(_app.Database.Superuser, "SELECT clock_timestamp()::text");
        await MoveMoneyAsync();
        Assert.NotEqual(before, await SnapshotAsync(_app.Database.Superuser));
        // What archive_timeout does within a minute.
        var last = await Sql.ScalarAsync<string>(_app.Database.Superuser, "SELECT pg_walfile_name(pg_switch_wal())");
        await Eventually.Holds(() => Task.FromResult(File.Exists(Path.Combine(archive, last))), "the log is archived");

        var (data, port) = (Path.Combine(_folder, "restored"), Ports.Free());
        await ShellAsync($"install -d -m 700 {data}", _stack);
        await RunAsync("restore a moment", _stack, ("PGDATA", data), ("MOMENT", moment));
        await ShellAsync($"chown -R --reference={_stack.Postgres.DataFolder} {data}", _stack);
        var server = $"{PostgresProgram("pg_ctl")} --pgdata={data}";
        var user = Environment.IsPrivilegedProcess ? "runuser -u $(stat -c %U " + data + ") -- " : "";
        try
        {
            await ShellAsync(
                $"cd / && {user}{server} --wait --silent --log={data}/server.log "
                    + $"--options='-p {port} -c max_connections=200 -c listen_addresses=127.0.0.1 -c unix_socket_directories=' start "
                    + "</dev/null >/dev/null 2>&1 "
                    + $"|| {{ tail {data}/server.log; exit 1; }}",
                _stack);
            var restored = new NpgsqlConnectionStringBuilder(_app.Database.Superuser) { Port = port }.ConnectionString;
            await Eventually.Holds(
                async () => !await Sql.ScalarAsync<bool>(restored, "SELECT pg_is_in_recovery()"), "the restored server takes writes");

            Assert.Equal(before, await SnapshotAsync(restored));
            await VerifyAsync(restored);
        }
        finally
        {
            await Shell.RunAsync($"cd / && {user}{server} --mode=immediate stop", _folder, Patience);
        }
    }

    private string Database => new NpgsqlConnectionStringBuilder(_app.Database.Portico).Database!;

    private async Task MoveMoneyAsync()
    {
        var manager = await _app.ManagerAsync();
        var (ada, bob) = (await _app.SignUpAsync(), await _app.SignUpAsync());
        var (from, to) = (await ada.OpenWalletWithAsync(_app, manager, "100.00"), await bob.OpenWalletAsync());
        for (var n = 0; n < 20; n++)
            await ada.TransferAsync(_app, from, to, "1.00");
        await Eventually.Holds(
            async () => await Sql.ScalarAsync<string>(
                _app.Database.Superuser,
                "SELECT ((SELECT count(*) FROM ledger.journals) - (SELECT count(*) FROM ledger.block_journals))::text") == "0",
            "every journal is sealed");
    }

    private static async Task<(string Sums, string Chain, string Balances)> SnapshotAsync(string database) =>
    (
        await Sql.ScalarAsync<string>(database, Sums),
        await Sql.ScalarAsync<string>(database, Chain),
        await Sql.ScalarAsync<string>(database, Balances));

    private static async Task VerifyAsync(string database)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        var verified = await LedgerVerification.VerifyAsync(connection, _ => { }, default);
        Assert.All(verified.Value.Checks, check => Assert.True(check.Clean, check.Name));
        Assert.True(verified.Value is { Blocks: > 5, Journals: > 20 });
    }

    private static string PostgresProgram(string name) => Path.Combine(Programs.PostgresFolder(major: null), name);

    private Task RunAsync(string name, LocalStack stack, params (string Name, string Value)[] variables) =>
        ShellAsync(RunBook.Commands(name), stack, variables);

    private async Task ShellAsync(string script, LocalStack stack, params (string Name, string Value)[] variables)
    {
        var server = new NpgsqlConnectionStringBuilder(stack.Postgres.ConnectionString);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PGHOST"] = server.Host!,
            ["PGPORT"] = $"{server.Port}",
            ["PGUSER"] = server.Username!,
            ["PGPASSWORD"] = server.Password!,
            ["DATABASE"] = Database,
            ["BACKUP"] = _folder,
            ["ARCHIVE"] = Path.Combine(_folder, "archive"),
        };
        foreach (var (name, value) in variables)
            environment[name] = value;
        var run = await Shell.RunAsync(script, _folder, Patience, environment);
        output.WriteLine(run.Errors);
        Assert.True(run.ExitCode == 0, run.Output + run.Errors);
    }
}
