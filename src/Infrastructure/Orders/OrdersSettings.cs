using System.ComponentModel.DataAnnotations;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Orders;

/// <summary>Where the orders service is, and how long placing an order may take.</summary>
public sealed class OrdersSettings : ISettings
{
    // What a crash left waits for the end of its lease, and is ended at most 5 s after the restart.
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromSeconds(3);

    public static string Section => "Orders";

    /// <summary>The address of the service; empty when this installation has none.</summary>
    public string Url { get; init; } = "";

    /// <summary>The <c>aud</c> of the tokens with which Portico itself calls the service.</summary>
    public string Audience { get; init; } = "orders";

    /// <summary>How long one read may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:00:30")]
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long placing or cancelling an order may take; after that the answer is 503 and the order is undone.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:00:03")]
    public TimeSpan Timeout { get; init; } = LongestTimeout;

    public IEnumerable<string> Problems()
    {
        if (Url.Length > 0 && !(Uri.TryCreate(Url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            yield return $"Orders:Url must be an address such as http://orders:5090, or empty; it is '{Url}'.";
        if (Audience.Length == 0)
            yield return "Orders:Audience is missing: the aud of the tokens with which Portico calls the orders service.";
    }
}
