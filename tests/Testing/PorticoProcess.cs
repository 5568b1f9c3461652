using Portico.DevStack;

namespace Portico.Testing;

/// <summary>The web API as a process of its own, a replica of an application in this one.</summary>
public sealed class PorticoProcess : ServerProcess
{
    private const string Program = "Portico.WebApi.dll";

    // Longer than Limits:RequestTimeout, so that the server says what took so long. The first requests of a process compile its code.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private PorticoProcess(string program, IReadOnlyDictionary<string, string?> settings, string folder, HttpClient client)
        : base(program, settings, folder, client, "/health/live") => Client = client;

    public HttpClient Client { get; }

    /// <param name="replicaOf">The application whose database, Redis and settings it shares.</param>
    /// <param name="settings">What it has besides.</param>
    /// <param name="program">The assembly of another version; without it that beside the tests.</param>
    public static async Task<PorticoProcess> StartAsync(
        PorticoApp replicaOf, IReadOnlyDictionary<string, string?> settings, string program = Program)
    {
        var all = new Dictionary<string, string?>(replicaOf.Settings, StringComparer.OrdinalIgnoreCase);
        all["urls"] = $"http://127.0.0.1:{Ports.Free()}";
        foreach (var (key, value) in settings)
            all[key] = value;
        var process = new PorticoProcess(
            program,
            all,
            Path.GetDirectoryName(replicaOf.Mailbox)!,
            new HttpClient { BaseAddress = new Uri(all["urls"]!), Timeout = Patience });
        await process.StartAsync();
        return process;
    }
}
