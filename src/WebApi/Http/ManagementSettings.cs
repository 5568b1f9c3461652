using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Http;

/// <summary>Where the metrics are served, apart from the API.</summary>
internal sealed class ManagementSettings : ISettings
{
    public static string Section => "Management";

    /// <summary>A host and port of their own; port 0 takes a free one.</summary>
    public string Url { get; init; } = "http://127.0.0.1:5081";

    public IEnumerable<string> Problems()
    {
        if (!Listeners.IsUsable(Url))
            yield return $"Management:Url must be an address to listen on, such as http://127.0.0.1:5081; it is '{Url}'.";
    }
}
