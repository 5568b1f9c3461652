using System.Diagnostics;
using System.Text.Json;
using Portico.DevStack;
using Portico.Testing;

namespace Portico.IntegrationTests.Stacks;

/// <summary>Servers never outlive the process that started them.</summary>
public sealed class LocalStackEndTests
{
    [Theory]
    [InlineData(nameof(Signal.Kill))]
    [InlineData(nameof(Signal.Terminate))]
    [InlineData(nameof(Signal.Interrupt))]
    public async Task Servers_and_temporary_data_go_with_their_starter(string signal)
    {
        using var starter = await Starter.StartAsync();
        Posix.Send(starter.ProcessId, Enum.Parse<Signal>(signal));
        await starter.AllGoneAsync();
    }

    [Fact]
    public async Task Paused_servers_go_with_their_starter_too()
    {
        using var starter = await Starter.StartAsync();
        foreach (var server in starter.Servers)
            Posix.Stop(server);
        Posix.Send(starter.ProcessId, Signal.Kill);
        await starter.AllGoneAsync();
    }

    [Fact]
    public async Task Servers_die_with_the_guards_between_them_and_their_starter()
    {
        using var starter = await Starter.StartAsync();
        foreach (var server in starter.Servers)
            Posix.Send(await ParentAsync(server), Signal.Kill);
        await starter.ServersGoneAsync();
    }

    [Fact]
    public async Task Temporary_data_is_deleted_at_the_end()
    {
        var stack = await LocalStack.StartAsync(new LocalStackOptions());
        Assert.True(Directory.Exists(stack.Postgres.DataFolder));
        await stack.DisposeAsync();
        Assert.False(Directory.Exists(stack.Folder));
    }

    [Fact]
    public async Task A_data_folder_is_kept_and_serves_one_stack_at_a_time()
    {
        // Made by the stack, so that the user that PostgreSQL runs as can reach it.
        var folder = Path.Combine(Path.GetTempPath(), $"portico-kept-{Guid.NewGuid():n}");
        try
        {
            var options = new LocalStackOptions { DataFolder = folder };
            string connection;
            await using (var stack = await LocalStack.StartAsync(options))
            {
                connection = stack.Postgres.ConnectionString;
                await Wire.RedisAsync(stack.Redis, "SET kept 42");
                await Assert.ThrowsAsync<LocalStackException>(() => LocalStack.StartAsync(options));
            }

            await using var next = await LocalStack.StartAsync(
                options with { PostgresPort = new Npgsql.NpgsqlConnectionStringBuilder(connection).Port });
            Assert.Equal(connection, next.Postgres.ConnectionString);
            Assert.Equal("42", await Wire.RedisAsync(next.Redis, "GET kept"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_process_id_that_now_belongs_to_another_is_not_taken_for_ours()
    {
        var file = Path.GetTempFileName();
        try
        {
            PidFile.Write(file, Environment.ProcessId);
            Assert.Equal(Environment.ProcessId, PidFile.Read(file));

            var fields = File.ReadAllText(file).Split(' ');
            File.WriteAllText(file, $"{fields[0]} {fields[1]}0 {fields[2]}");
            Assert.Null(PidFile.Read(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<int> ParentAsync(int processId)
    {
        var line = (await File.ReadAllLinesAsync($"/proc/{processId}/status"))
            .Single(text => text.StartsWith("PPid:", StringComparison.Ordinal));
        return (int)Posix.Number(line.Split('\t')[1]);
    }

    /// <summary>Another process that has a stack.</summary>
    private sealed class Starter : IDisposable
    {
        private readonly Process _process;
        private readonly string _folder;

        private Starter(Process process, string line)
        {
            _process = process;
            using var said = JsonDocument.Parse(line);
            _folder = said.RootElement.GetProperty("folder").GetString()!;
            Servers = [.. said.RootElement.GetProperty("processes").EnumerateObject().Select(server => server.Value.GetInt32())];
        }

        public int ProcessId => _process.Id;

        public IReadOnlyList<int> Servers { get; }

        public static async Task<Starter> StartAsync()
        {
            // As a part of this program, whose folder has no library that the web framework brings.
            string[] program =
            [
                "exec", "--runtimeconfig", Beside("Portico.IntegrationTests.runtimeconfig.json"), "--depsfile",
                Beside("Portico.IntegrationTests.deps.json"), Beside("Portico.DevStack.dll")
            ];
            // A test runner in the background has Ctrl-C ignored, and so would its children.
            var process = Process.Start(new ProcessStartInfo("env", ["--default-signal=INT", Environment.ProcessPath!, .. program, "stack"])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
            })!;
            var line = await process.StandardOutput.ReadLineAsync();
            return new Starter(process, line ?? throw new InvalidOperationException("The stack did not start."));
        }

        public async Task AllGoneAsync()
        {
            await ServersGoneAsync();
            await Eventually.Holds(() => Task.FromResult(!Directory.Exists(_folder)), $"{_folder} gone");
            await _process.WaitForExitAsync();
        }

        public Task ServersGoneAsync() =>
            Eventually.Holds(() => Task.FromResult(!Servers.Any(Posix.IsAlive)), $"processes {string.Join(", ", Servers)} gone");

        public void Dispose()
        {
            _process.Kill();
            _process.Dispose();
        }

        private static string Beside(string file) => Path.Combine(AppContext.BaseDirectory, file);
    }
}
