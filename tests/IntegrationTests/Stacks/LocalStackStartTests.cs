using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Portico.DevStack;
using Portico.Testing;

namespace Portico.IntegrationTests.Stacks;

public sealed class LocalStackStartTests
{
    [Fact]
    public async Task Every_server_truly_answers()
    {
        var stack = await SharedStack.GetAsync();

        await using var source = NpgsqlDataSource.Create(stack.Postgres.ConnectionString);
        await using var command = source.CreateCommand(
            "SELECT current_setting('server_encoding') || ' ' || datcollate FROM pg_database WHERE datname = current_database()");
        Assert.Equal("UTF8 C.UTF-8", await command.ExecuteScalarAsync());
        Assert.Equal("+PONG", await Wire.RedisAsync(stack.Redis, "PING"));
        Assert.Contains("\"memory\"", await Wire.JetStreamAsync(stack.Nats, "$JS.API.INFO", ""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task PostgreSQL_does_not_run_as_root()
    {
        var stack = await SharedStack.GetAsync();
        var user = (await File.ReadAllLinesAsync($"/proc/{stack.Postgres.ProcessId}/status"))
            .Single(line => line.StartsWith("Uid:", StringComparison.Ordinal));
        Assert.DoesNotContain("0", user.Split('\t')[1..]);
    }

    [Fact]
    public async Task PostgreSQL_refuses_a_wrong_password()
    {
        var stack = await SharedStack.GetAsync();
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(stack.Postgres.ConnectionString) { Password = "wrong", Pooling = false }.ConnectionString);
        var error = await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync());
        Assert.Equal(PostgresErrorCodes.InvalidPassword, error.SqlState);
    }

    [Fact]
    public async Task Servers_listen_on_loopback_only()
    {
        var stack = await SharedStack.GetAsync();
        var listening = (await File.ReadAllLinesAsync("/proc/net/tcp")).Concat(await File.ReadAllLinesAsync("/proc/net/tcp6"))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[3] == "0A")
            .Select(fields => fields[1].Split(':'))
            .ToLookup(address => int.Parse(address[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture), address => address[0]);
        foreach (var server in stack.Servers)
            Assert.Equal(["0100007F"], listening[server.Port]);
    }

    [Fact]
    public void Ports_of_programs_that_are_not_started_yet_are_not_chosen_by_another_run()
    {
        var preferred = Ports.Free();
        using var one = new ReservedPorts(preferred);
        using var other = new ReservedPorts(preferred);
        Assert.Equal([preferred], one.Chosen);
        Assert.NotEqual([preferred], other.Chosen);
        Assert.False(Ports.IsFree(preferred));
        one.Dispose();
        Assert.True(Ports.IsFree(preferred));
    }

    [Fact]
    public async Task Stacks_that_start_at_once_do_not_meet()
    {
        var stacks = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => LocalStack.StartAsync(new LocalStackOptions())));
        try
        {
            var ports = stacks.SelectMany(stack => stack.Servers).Select(server => server.Port);
            Assert.Equal(6, ports.Distinct().Count());
            await Wire.RedisAsync(stacks[0].Redis, "SET whose first");
            Assert.Equal("$-1", await Wire.RedisAsync(stacks[1].Redis, "GET whose"));
        }
        finally
        {
            foreach (var stack in stacks)
                await stack.DisposeAsync();
        }
    }

    [Fact]
    public async Task Takes_the_wanted_port_and_another_one_when_it_is_busy()
    {
        var wanted = Ports.Free();
        await using var first = await LocalStack.StartAsync(new LocalStackOptions { Servers = LocalServers.Redis, RedisPort = wanted });
        Assert.Equal(wanted, first.Redis.Port);

        await using var second = await LocalStack.StartAsync(new LocalStackOptions { Servers = LocalServers.Redis, RedisPort = wanted });
        Assert.NotEqual(wanted, second.Redis.Port);
    }

    [Fact]
    public async Task Restarting_waits_for_its_port_to_be_given_back()
    {
        await using var stack = await LocalStack.StartAsync(new LocalStackOptions { Servers = LocalServers.Redis });
        var port = stack.Redis.Port;
        await stack.Redis.KillAsync();
        using var other = new TcpListener(IPAddress.Loopback, port);
        other.Start();

        var restart = stack.Redis.RestartAsync();
        // It has tried once and found the port taken.
        await Eventually.Holds(
            async () => (await ReadAsync(stack.Redis.LogFile)).Contains("Address already in use", StringComparison.Ordinal),
            "Redis finding its port taken");
        Assert.False(restart.IsCompleted);
        other.Stop();

        await restart;
        Assert.Equal(port, stack.Redis.Port);
        Assert.Equal("+PONG", await Wire.RedisAsync(stack.Redis, "PING"));
    }

    [Fact]
    public async Task Starts_only_what_is_asked_for()
    {
        await using var stack = await LocalStack.StartAsync(new LocalStackOptions { Servers = LocalServers.Redis });
        Assert.Equal([stack.Redis], stack.Servers);
        Assert.Throws<LocalStackException>(() => stack.Postgres);
    }

    [Fact]
    public async Task Tells_why_a_server_died_and_leaves_none_behind()
    {
        var folder = Directory.CreateTempSubdirectory("portico-broken-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "nats"));
            await File.WriteAllTextAsync(Path.Combine(folder, "nats", "jetstream"), "no folder");
            var options = new LocalStackOptions { DataFolder = folder, Servers = LocalServers.Redis | LocalServers.Nats };

            var failure = await Assert.ThrowsAsync<LocalStackException>(() => LocalStack.StartAsync(options));
            Assert.Contains("storage directory is not a directory", failure.Message, StringComparison.Ordinal);

            // Nobody holds the folder or runs in it any more.
            File.Delete(Path.Combine(folder, "nats", "jetstream"));
            await using var stack = await LocalStack.StartAsync(options);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> ReadAsync(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return await reader.ReadToEndAsync();
    }
}
