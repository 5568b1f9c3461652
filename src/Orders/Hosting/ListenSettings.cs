using Portico.Infrastructure.Configuration;
using Portico.WebApi.Http;

namespace Portico.Orders.Hosting;

/// <summary>The addresses of this process.</summary>
internal sealed class ListenSettings : ISettings
{
    public static string Section => "Listen";

    /// <summary>Where gRPC is served (HTTP/2); port 0 chooses a free port.</summary>
    public string Url { get; init; } = "http://localhost:5090";

    /// <summary>Where health and metrics are served (HTTP/1.1), apart from gRPC.</summary>
    public string ManagementUrl { get; init; } = "http://127.0.0.1:5091";

    public IEnumerable<string> Problems()
    {
        if (!ListenAddress.IsUsable(Url))
            yield return $"Listen:Url must be an address to listen on, such as http://localhost:5090; it is '{Url}'.";
        if (!ListenAddress.IsUsable(ManagementUrl))
            yield return $"Listen:ManagementUrl must be an address to listen on, such as http://127.0.0.1:5091; it is '{ManagementUrl}'.";
    }
}
