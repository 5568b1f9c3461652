using Portico.DevStack;

namespace Portico.Testing;

/// <summary>The orders service as a process of its own.</summary>
public sealed class OrdersProcess : ServerProcess
{
    private OrdersProcess(IReadOnlyDictionary<string, string?> settings, string folder)
        : base(
            "Portico.Orders.dll",
            settings,
            folder,
            new HttpClient { BaseAddress = new Uri(settings["Listen:ManagementUrl"]!), Timeout = TimeSpan.FromSeconds(5) },
            "/health/ready") =>
        (Service, ConnectionString) = (new Uri(settings["Listen:Url"]!), settings["ConnectionStrings:Orders"]!);

    /// <summary>The address of gRPC.</summary>
    public Uri Service { get; }

    /// <summary>The database, with the role of the service.</summary>
    public string ConnectionString { get; }

    /// <summary>Starts one with a database of its own.</summary>
    public static async Task<OrdersProcess> StartAsync(PorticoApp issuer)
    {
        var settings = await OrdersApp.PrepareAsync(issuer, new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Listen:Url"] = $"http://127.0.0.1:{Ports.Free()}",
            ["Listen:ManagementUrl"] = $"http://127.0.0.1:{Ports.Free()}",
        });
        var process = new OrdersProcess(settings, Path.GetDirectoryName(issuer.Mailbox)!);
        await process.StartAsync();
        return process;
    }
}
