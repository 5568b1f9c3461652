using Npgsql;
using Portico.DevStack;

namespace Portico.IntegrationTests.Stacks;

/// <summary>What tests of outages build on: the servers can be killed, paused and restarted.</summary>
public sealed class LocalServerFaultTests : IAsyncLifetime
{
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private LocalStack _stack = null!;

    public async Task InitializeAsync() => _stack = await LocalStack.StartAsync(new LocalStackOptions());

    public async Task DisposeAsync() => await _stack.DisposeAsync();

    [Fact]
    public async Task A_killed_server_keeps_its_port_and_all_that_it_acknowledged()
    {
        var ports = _stack.Servers.Select(server => server.Port).ToList();
        await ExecuteAsync("CREATE TABLE kept (id int)");
        await ExecuteAsync("INSERT INTO kept VALUES (42)");
        Assert.Equal("+OK", await Wire.RedisAsync(_stack.Redis, "SET kept 42"));
        var stream = await Wire.JetStreamAsync(_stack.Nats, "$JS.API.STREAM.CREATE.KEPT", """{"name":"KEPT","subjects":["kept"]}""");
        Assert.DoesNotContain("error", stream, StringComparison.Ordinal);
        Assert.Contains("\"seq\":1", await Wire.JetStreamAsync(_stack.Nats, "kept", "42"), StringComparison.Ordinal);

        foreach (var server in _stack.Servers)
        {
            await server.KillAsync();
            Assert.False(server.IsRunning);
        }

        foreach (var server in _stack.Servers)
            await server.RestartAsync();

        Assert.Equal(ports, _stack.Servers.Select(server => server.Port));
        Assert.Equal(42, await ExecuteAsync("SELECT id FROM kept"));
        Assert.Equal("42", await Wire.RedisAsync(_stack.Redis, "GET kept"));
        Assert.Contains("\"messages\":1", await Wire.JetStreamAsync(_stack.Nats, "$JS.API.STREAM.INFO.KEPT", ""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_postgresql_takes_its_busy_sessions_with_it()
    {
        await using var connection = new NpgsqlConnection(_stack.Postgres.ConnectionString);
        await connection.OpenAsync();
        // Never waits, so by itself it would not notice that its postmaster is gone.
        var busy = new NpgsqlCommand("DO $$ BEGIN LOOP END LOOP; END $$", connection) { CommandTimeout = 0 }.ExecuteNonQueryAsync();

        await _stack.Postgres.KillAsync();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => busy.WaitAsync(Patience));
        await _stack.Postgres.RestartAsync();
        Assert.Equal(1, await ExecuteAsync("SELECT 1"));
    }

    [Fact]
    public async Task A_paused_server_is_silent_and_then_answers_on_the_same_connection()
    {
        using var redis = await Wire.ConnectAsync(_stack.Redis);
        using var nats = await Wire.ConnectAsync(_stack.Nats);
        await using var connection = new NpgsqlConnection(_stack.Postgres.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT 1", connection);

        foreach (var server in _stack.Servers)
            server.Pause();
        await redis.SayAsync("PING");
        await nats.SayAsync("PING");
        Task[] answers = [redis.UntilAsync("+PONG"), nats.UntilAsync("PONG"), command.ExecuteScalarAsync()];
        var first = await Task.WhenAny([.. answers, Task.Delay(Silence)]);
        foreach (var server in _stack.Servers)
            server.Resume();

        // Before what they use is disposed of, whatever they did.
        await Task.WhenAll(answers).WaitAsync(Patience);
        Assert.DoesNotContain(first, answers);
    }

    [Fact]
    public async Task A_stopped_server_starts_again_with_its_data()
    {
        await Wire.RedisAsync(_stack.Redis, "SET kept 42");
        await _stack.Redis.StopAsync();
        Assert.Throws<LocalStackException>(() => _stack.Redis.ProcessId);

        await _stack.Redis.RestartAsync();
        Assert.Equal("42", await Wire.RedisAsync(_stack.Redis, "GET kept"));
    }

    private async Task<object?> ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(_stack.Postgres.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
