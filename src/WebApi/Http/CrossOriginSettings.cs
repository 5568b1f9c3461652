using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Http;

/// <summary>The origins that may call this API from a browser (CORS).</summary>
internal sealed class CrossOriginSettings : ISettings
{
    public static string Section => "Cors";

    /// <summary>Exact origins, such as <c>https://app.example.com</c>; empty for none.</summary>
    public string[] Origins { get; init; } = [];

    public IEnumerable<string> Problems()
    {
        foreach (var (index, origin) in Origins.Index())
        {
            if (
                !Uri.TryCreate(origin, UriKind.Absolute, out var uri)
                    || uri.Scheme is not ("http" or "https")
                    || uri.GetLeftPart(UriPartial.Authority) != origin
                    || uri.UserInfo.Length > 0
                    || !uri.HasAsciiForm())
                yield return $"Cors:Origins:{index} must be an exact origin in lower case, without a path, "
                    + $"such as https://app.example.com; it is '{origin}'.";
        }
    }
}
