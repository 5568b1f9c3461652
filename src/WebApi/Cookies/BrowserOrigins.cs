using Portico.Infrastructure.Configuration;
using Portico.WebApi.Http;
using Portico.WebApi.OAuth;

namespace Portico.WebApi.Cookies;

/// <summary>The origins whose pages may use the cookie of a session: those of <c>Cors:Origins</c>, and this API itself.</summary>
internal sealed class BrowserOrigins(CrossOriginSettings settings, ConfiguredProviders providers)
{
    private readonly HashSet<string> _listed =
        settings.Origins.Select(origin => new Uri(origin).AsciiOrigin()).ToHashSet(StringComparer.Ordinal);

    private readonly string _own = providers.PublicUrl.AsciiOrigin();

    public bool IsListed(string origin) => _listed.Contains(origin);

    public bool IsAllowed(string origin) => origin == _own || IsListed(origin);
}
