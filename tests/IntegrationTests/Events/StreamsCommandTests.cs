using System.Text.Json;
using Microsoft.Extensions.Configuration;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;
using Portico.DevStack;
using Portico.Migrator;
using Portico.Migrator.Commands;
using Portico.Testing;

namespace Portico.IntegrationTests.Events;

public sealed class StreamsCommandTests : IAsyncLifetime
{
    private readonly Dictionary<string, string?> _settings = new(StringComparer.Ordinal)
    {
        ["DOTNET_ENVIRONMENT"] = "Development",
        ["Events:Prefix"] = $"test-{Guid.NewGuid():N}",
        ["Events:MaxBytes"] = "16777216",
    };

    private LocalStack _stack = null!;

    public async Task InitializeAsync()
    {
        _stack = await SharedStack.GetAsync();
        _settings["Nats:Url"] = _stack.Nats.ConnectionString;
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Makes_the_stream_once_and_leaves_it_alone_then()
    {
        Assert.Equal((2, "missing"), await Run("streams", "status", "--check"));
        Assert.Equal((0, "created"), await Run("streams", "up"));
        Assert.Equal((0, "equal"), await Run("streams", "up"));
        Assert.Equal((0, "equal"), await Run("streams", "status", "--check"));

        var options = new NatsOpts { Url = _stack.Nats.ConnectionString, RequestTimeout = TimeSpan.FromSeconds(30) };
        await using var nats = new NatsConnection(options);
        var config = (await new NatsJSContext(nats).GetStreamAsync(_settings["Events:Prefix"]!)).Info.Config;
        Assert.Equal(
            (
                StreamConfigStorage.File,
                StreamConfigRetention.Limits,
                StreamConfigDiscard.New,
                true,
                TimeSpan.FromDays(7),
                16_777_216,
                TimeSpan.FromMinutes(10)),
            (config.Storage, config.Retention, config.Discard, config.DenyDelete, config.MaxAge, config.MaxBytes, config.DuplicateWindow));
    }

    [Fact]
    public async Task Changes_the_stream_when_the_settings_change()
    {
        await Run("streams", "up");
        _settings["Events:MaxAge"] = "2.00:00:00";

        Assert.Equal((4, "different"), await Run("streams", "status", "--check"));
        Assert.Equal((0, "updated"), await Run("streams", "up"));
        Assert.Equal((0, "equal"), await Run("streams", "up"));
    }

    [Fact]
    public async Task Names_a_setting_that_is_wrong()
    {
        _settings["Events:Replicas"] = "9";
        using var output = new StringWriter();

        Assert.Equal(1, await MigratorApp.RunAsync(["streams", "up"], Configuration(), output, output, default));
        Assert.Contains("Events:Replicas must be 1 to 5; it is 9.", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_that_nats_is_away()
    {
        _settings["Nats:Url"] = $"nats://127.0.0.1:{Ports.Free()}";
        using var output = new StringWriter();

        Assert.Equal(
            1, await MigratorApp.RunAsync(["streams", "up", "--connect-timeout", "300ms"], Configuration(), output, output, default));
        Assert.Contains("NATS did not answer within 300 ms.", output.ToString(), StringComparison.Ordinal);
    }

    private IConfiguration Configuration() => new ConfigurationBuilder().AddInMemoryCollection(_settings).Build();

    /// <summary>The exit code, and the state of the stream.</summary>
    private async Task<(int ExitCode, string State)> Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await MigratorApp.RunAsync([.. args, "--json"], Configuration(), output, error, default);
        using var document = JsonDocument.Parse(output.ToString());
        Assert.True(document.RootElement.TryGetProperty("parts", out var parts), output.ToString());
        return (
            exitCode,
            parts.EnumerateArray().First(part => part.Text("name").StartsWith("stream ", StringComparison.Ordinal)).Text("state"));
    }
}
