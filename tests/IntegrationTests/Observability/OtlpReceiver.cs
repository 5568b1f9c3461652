using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Portico.Testing;

namespace Portico.IntegrationTests.Observability;

/// <summary>A span or a log record as the receiver read it; attribute values are JSON.</summary>
internal sealed record Received(
    string Kind, string Name, int SpanKind, string TraceId, string SpanId, string ParentId, string Scope, string Service,
    IReadOnlyDictionary<string, string> Attributes, string Text)
{
    public const int Server = 2;
    public const int Client = 3;
    public const int Consumer = 5;
}

/// <summary>A receiver of OTLP in Node, <c>otlp/server.mjs</c>, which decodes with the code of OpenTelemetry for JavaScript.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Observability", "otlp");

    private readonly ConcurrentQueue<Received> _received = [];
    private readonly Process _process;
    private readonly Task _reading;

    private OtlpReceiver(Process process, int port) =>
        (_process, Address, _reading) = (process, $"http://127.0.0.1:{port}", Read(process, _received));

    public string Address { get; }
    public Received[] All => [.. _received];

    public static async Task<OtlpReceiver> StartAsync()
    {
        await NodePackages.InstallAsync();
        var process = Process.Start(new ProcessStartInfo("node", ["server.mjs"])
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var first = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The OTLP receiver did not start.");
        return new OtlpReceiver(process, JsonDocument.Parse(first).RootElement.GetProperty("port").GetInt32());
    }

    public Task<Received> Find(Func<Received, bool> isIt, string what) =>
        Eventually.Get(() => Task.FromResult(Array.Find(All, one => isIt(one))), what);

    /// <summary>Ends it.</summary>
    /// <returns>All that it got.</returns>
    public async Task<Received[]> StopAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        await _reading;
        return All;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
    }

    private static async Task Read(Process process, ConcurrentQueue<Received> received)
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
            received.Enqueue(JsonSerializer.Deserialize<Received>(line, JsonSerializerOptions.Web)!);
    }
}
