using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Http;

/// <summary>The address of the metrics, which is not that of the API.</summary>
internal sealed class ManagementSettings : ISettings
{
    public static string Section => "Management";

    /// <summary>The URL with its own host and port; port 0 chooses a free port.</summary>
    public string Url { get; init; } = "http://127.0.0.1:5081";

    public IEnumerable<string> Problems()
    {
        if (!ListenAddress.IsUsable(Url))
            yield return $"Management:Url must be an address to listen on, such as http://127.0.0.1:5081; it is '{Url}'.";
    }
}
