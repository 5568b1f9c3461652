using Portico.Application.Common.Security;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.SigningKeys;

namespace Portico.WebApi.OAuth;

/// <summary>The providers that have a client id, and the return URLs of the settings.</summary>
internal sealed class ConfiguredProviders(IEnumerable<OAuthProvider> providers, OAuthSettings settings, TokenSettings tokens)
    : ILoginProviders
{
    private readonly OAuthProvider[] _known = [.. providers];
    private readonly HashSet<string> _returnUrls = new(settings.ReturnUrls, StringComparer.Ordinal);

    public IReadOnlyList<LoginProvider> All { get; } =
    [
        .. providers.Where(provider => provider.ClientOf(settings).IsOn)
            .Select(provider => new LoginProvider(provider.Name, provider.DisplayName)),
    ];

    public TimeSpan FlowLifetime => settings.FlowLifetime;

    public TimeSpan CodeLifetime => settings.CodeLifetime;

    /// <summary>The public URL of this API.</summary>
    public Uri PublicUrl { get; } = new(settings.PublicUrl.Length > 0 ? settings.PublicUrl : tokens.Issuer);

    public bool MayReturnTo(string url) => _returnUrls.Contains(url);

    public bool SharesCookiesWith(string url) =>
        new Uri(url).AsciiOrigin() == PublicUrl.AsciiOrigin();

    public Uri UrlOf(string path) => new(PublicUrl.AbsoluteUri.TrimEnd('/') + path);

    public string DisplayNameOf(string name) => Find(name)?.DisplayName ?? name;

    /// <summary>The redirect URI of a provider, exactly as it must be registered there.</summary>
    public Uri RedirectUriOf(string provider) => UrlOf($"/api/v1/auth/oauth/{provider}/callback");

    public OAuthProvider? Find(string name) => Array.Find(_known, provider => provider.Name == name);
}
