using Portico.DevStack;

namespace Portico.Testing;

/// <summary>The web API as a process of its own, a replica of an application in this one.</summary>
public sealed class PorticoProcess : ServerProcess
{
    private PorticoProcess(IReadOnlyDictionary<string, string?> settings, string folder, HttpClient client)
        : base("Portico.WebApi.dll", settings, folder, client, "/health/live") => Client = client;

    public HttpClient Client { get; }

    public static async Task<PorticoProcess> StartAsync(PorticoApp replicaOf, IReadOnlyDictionary<string, string?> settings)
    {
        var all = new Dictionary<string, string?>(replicaOf.Settings, StringComparer.OrdinalIgnoreCase);
        all["urls"] = $"http://127.0.0.1:{Ports.Free()}";
        foreach (var (key, value) in settings)
            all[key] = value;
        var process = new PorticoProcess(
            all,
            Path.GetDirectoryName(replicaOf.Mailbox)!,
            new HttpClient { BaseAddress = new Uri(all["urls"]!), Timeout = TimeSpan.FromSeconds(20) });
        await process.StartAsync();
        return process;
    }
}
