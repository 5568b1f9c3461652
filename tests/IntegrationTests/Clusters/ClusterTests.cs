using System.Diagnostics;
using System.Globalization;
using System.Net;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;
using Npgsql;
using Portico.DevStack;
using Portico.Infrastructure.Events;
using Portico.IntegrationTests.Events;
using Portico.IntegrationTests.Faults;
using Portico.IntegrationTests.Nats;
using Portico.IntegrationTests.Stacks;
using Portico.Testing;
using Xunit.Abstractions;

namespace Portico.IntegrationTests.Clusters;

/// <summary>Portico on clusters of its servers: a primary of each dies under load.</summary>
[Trait("Category", "Clusters")]
public sealed class ClusterTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Slots = 16384;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly List<IAsyncDisposable> _servers = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("portico-cluster-").FullName;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var server in Enumerable.Reverse(_servers))
            await server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Sessions_go_on_when_a_primary_of_a_redis_cluster_dies()
    {
        var (primaries, replicas) = (await StartRedisAsync(3), await StartRedisAsync(3));
        await JoinAsync(primaries, replicas);
        var app = await StartAppAsync(
            "Redis:ConnectionString", string.Join(',', primaries.Concat(replicas).Select(server => server.ConnectionString)));
        // Some of them on every node.
        var people = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => app.SignUpAsync()));
        await using var load = await PaymentLoad.StartAsync(app);
        await RedisFaults.HasAll(replicas[0], primaries[0]);

        var died = Stopwatch.GetTimestamp();
        await primaries[0].KillAsync();
        foreach (var person in people)
            await Eventually.Holds(() => RefreshesAsync(person), "refreshing again", Patience);
        output.WriteLine($"every session is refreshed after {Stopwatch.GetElapsedTime(died).TotalSeconds:0.0} s");
        await load.MoreAsync(50);
        output.WriteLine($"longest time without a payment: {load.LongestGap(died).TotalSeconds:0.00} s");
        await app.SignUpAsync();
        await load.EndAsync();
    }

    [Fact]
    public async Task Every_event_is_in_the_stream_once_when_the_leader_of_a_nats_cluster_dies()
    {
        var nodes = await StartNatsAsync();
        var url = string.Join(',', nodes.Values.Select(node => node.Url));
        var app = await StartAppAsync("Nats:Url", url, ("Events:Replicas", "3"));
        var stream = StreamDefinition.Name(app.Events);
        await using var load = await PaymentLoad.StartAsync(app);
        var leader = (await app.JetStream.GetStreamAsync(stream)).Info.Cluster!.Leader!;

        var died = Stopwatch.GetTimestamp();
        _servers.Remove(nodes[leader]);
        await nodes[leader].DisposeAsync();
        await load.MoreAsync(300);
        output.WriteLine($"longest time without a payment: {load.LongestGap(died).TotalSeconds:0.00} s");
        await load.EndAsync();
        await Eventually.Holds(
            async () => await app.Database.TextAsync(TestOutbox.CountWaiting) == "0", "every event is published", Patience);
        output.WriteLine($"every event is published {Stopwatch.GetElapsedTime(died).TotalSeconds:0.0} s after the death");
        var info = (await app.JetStream.GetStreamAsync(stream)).Info;
        Assert.NotEqual(leader, info.Cluster!.Leader);
        Assert.Equal(
            await app.Database.TextAsync("SELECT count(*) FROM outbox"), info.State.Messages.ToString(CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task No_payment_is_lost_when_postgresql_fails_over_to_its_synchronous_standby()
    {
        var stack = await LocalStack.StartAsync(new LocalStackOptions());
        _servers.Add(stack);
        var database = await TestDatabase.CreateAsync(stack);
        var (standby, port) = (Path.Combine(_folder, "standby"), Ports.Free());
        await StartStandbyAsync(stack, standby, port);
        try
        {
            var app = await PorticoApp.StartAsync(new PorticoAppOptions
            {
                Stack = stack,
                Database = database,
                Settings =
                {
                    ["ConnectionStrings:Portico"] = new NpgsqlConnectionStringBuilder(database.Portico)
                    {
                        Host = $"127.0.0.1:{stack.Postgres.Port},127.0.0.1:{port}",
                        TargetSessionAttributes = "primary",
                        HostRecheckSeconds = 1,
                    }.ConnectionString,
                },
            });
            _servers.Add(app);
            await using var load = await PaymentLoad.StartAsync(app);

            var died = Stopwatch.GetTimestamp();
            await stack.Postgres.KillAsync();
            // As Patroni or the operator of a cluster does.
            await ShellAsync($"{AsPostgres(standby)}{PgCtl} --pgdata={standby} --silent --wait promote", stack);
            output.WriteLine($"the standby is promoted after {Stopwatch.GetElapsedTime(died).TotalSeconds:0.0} s");
            await load.MoreAsync(50);
            output.WriteLine($"longest time without a payment: {load.LongestGap(died).TotalSeconds:0.0} s");
            await load.EndAsync();
            await LedgerChecker.CheckAsync(new NpgsqlConnectionStringBuilder(database.Superuser) { Port = port }.ConnectionString);
        }
        finally
        {
            await Shell.RunAsync($"cd / && {AsPostgres(standby)}{PgCtl} --pgdata={standby} --mode=immediate stop", _folder, Patience);
        }
    }

    private static string PgCtl => Path.Combine(Programs.PostgresFolder(major: null), "pg_ctl");

    private static string AsPostgres(string data) => Environment.IsPrivilegedProcess ? $"runuser -u $(stat -c %U {data}) -- " : "";

    private static async Task<bool> RefreshesAsync(TestPerson person)
    {
        using var answer = await person.RefreshAsync();
        if (answer.StatusCode == HttpStatusCode.OK)
            return true;
        await RedisFaults.Unavailable(Task.FromResult(answer));
        return false;
    }

    private async Task<PorticoApp> StartAppAsync(string setting, string value, params (string Key, string Value)[] others)
    {
        var options = new PorticoAppOptions { Settings = { [setting] = value } };
        foreach (var (key, other) in others)
            options.Settings[key] = other;
        var app = await PorticoApp.StartAsync(options);
        _servers.Add(app);
        await Eventually.Holds(async () => (await app.Client.GetAsync("/health/ready")).IsSuccessStatusCode, "the application is ready");
        return app;
    }

    private async Task<RedisServer[]> StartRedisAsync(int many)
    {
        var servers = new RedisServer[many];
        for (var n = 0; n < many; n++)
        {
            var stack = await LocalStack.StartAsync(new LocalStackOptions
            {
                Servers = LocalServers.Redis,
                RedisArguments = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-port", $"{Ports.Free()}"],
            });
            _servers.Add(stack);
            servers[n] = stack.Redis;
        }

        return servers;
    }

    private static async Task JoinAsync(RedisServer[] primaries, RedisServer[] replicas)
    {
        for (var n = 0; n < primaries.Length; n++)
        {
            var (first, last) = (Slots * n / primaries.Length, (Slots * (n + 1) / primaries.Length) - 1);
            await RedisFaults.Tell(primaries[n], $"CLUSTER ADDSLOTSRANGE {first} {last}");
        }

        var all = primaries.Concat(replicas).ToArray();
        foreach (var node in all.Skip(1))
        {
            var bus = (await RedisFaults.Info(node, "CLUSTER NODES")).Split('@')[1].Split([',', ' '])[0];
            await RedisFaults.Tell(all[0], $"CLUSTER MEET 127.0.0.1 {node.Port} {bus}");
        }

        await KnowsAsync(all, $"cluster_known_nodes:{all.Length}");
        for (var n = 0; n < primaries.Length; n++)
            await RedisFaults.Tell(replicas[n], $"CLUSTER REPLICATE {await Wire.RedisAsync(primaries[n], "CLUSTER MYID")}");
        foreach (var replica in replicas)
            await Eventually.Holds(
                async () => (await RedisFaults.Info(replica, "INFO replication"))
                    .Contains("master_link_status:up", StringComparison.Ordinal),
                "the replica follows");
        await KnowsAsync(all, "cluster_state:ok");
    }

    private static async Task KnowsAsync(RedisServer[] nodes, string what)
    {
        foreach (var node in nodes)
            await Eventually.Holds(
                async () => (await RedisFaults.Info(node, "CLUSTER INFO")).Contains(what, StringComparison.Ordinal), what);
    }

    /// <summary>Starts three servers that replicate streams, by their names.</summary>
    private async Task<Dictionary<string, NatsServerProcess>> StartNatsAsync()
    {
        var ports = Enumerable.Range(0, 3).Select(_ => Ports.Free()).ToArray();
        var routes = string.Join(", ", ports.Select(port => $"\"nats://127.0.0.1:{port}\""));
        var nodes = new Dictionary<string, NatsServerProcess>(StringComparer.Ordinal);
        for (var n = 0; n < ports.Length; n++)
        {
            nodes[$"node-{n}"] = await NatsServerProcess.StartAsync(
                $$"""
                server_name: "node-{{n}}"
                jetstream { store_dir: "{{_folder}}/nats-{{n}}" }
                cluster { name: "portico", listen: "127.0.0.1:{{ports[n]}}", routes: [{{routes}}] }
                """);
            _servers.Add(nodes[$"node-{n}"]);
        }

        await using var connection = new NatsConnection(new NatsOpts { Url = nodes["node-0"].Url });
        var stream = new NatsJSContext(connection);
        await Eventually.Holds(
            async () =>
            {
                try
                {
                    await stream.CreateStreamAsync(new StreamConfig("probe", ["probe"]) { NumReplicas = 3 });
                    return await stream.DeleteStreamAsync("probe");
                }
                catch (NatsException)
                {
                    return false;
                }
            },
            "the cluster has a leader");
        return nodes;
    }

    /// <summary>Starts a standby without which the primary acknowledges no commit.</summary>
    private async Task StartStandbyAsync(LocalStack stack, string data, int port)
    {
        var primary = stack.Postgres.DataFolder;
        await ShellAsync(
            $"""
            pg_basebackup --pgdata={data} --write-recovery-conf --wal-method=stream --create-slot --slot=standby --checkpoint=fast
            chown --reference={primary} {_folder}
            chown -R --reference={primary} {data}
            cd / && {AsPostgres(data)}{PgCtl} --pgdata={data} --silent --wait --log={data}/server.log \
                --options='-p {port} -c max_connections=200 -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off' start \
                </dev/null >/dev/null 2>&1 || {'{'} tail {data}/server.log; exit 1; {'}'}
            psql --quiet --command="ALTER SYSTEM SET synchronous_standby_names = '*'" --command='SELECT pg_reload_conf()' postgres
            """,
            stack);
        await using var source = NpgsqlDataSource.Create(stack.Postgres.ConnectionString);
        await Eventually.Holds(
            async () =>
            {
                await using var command = source.CreateCommand("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'");
                return (long)(await command.ExecuteScalarAsync())! == 1;
            },
            "the standby is synchronous");
    }

    private async Task ShellAsync(string script, LocalStack stack)
    {
        var server = new NpgsqlConnectionStringBuilder(stack.Postgres.ConnectionString);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PGHOST"] = server.Host!,
            ["PGPORT"] = $"{server.Port}",
            ["PGUSER"] = server.Username!,
            ["PGPASSWORD"] = server.Password!,
        };
        var run = await Shell.RunAsync($"set -euo pipefail\n{script}", _folder, Patience, environment);
        Assert.True(run.ExitCode == 0, run.Output + run.Errors);
    }
}
