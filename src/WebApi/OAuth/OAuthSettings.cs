using System.ComponentModel.DataAnnotations;
using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.OAuth;

/// <summary>Settings of sign-in with providers such as Google; each provider is on when it has a client id.</summary>
internal sealed class OAuthSettings : ISettings
{
    private const int MaxReturnUrls = 100;
    private const int MaxUrlLength = 500;

    public static string Section => "OAuth";

    /// <summary>The public URL of this API, which begins the redirect URIs; empty is <c>Tokens:Issuer</c>.</summary>
    public string PublicUrl { get; init; } = "";

    /// <summary>The URLs at which a sign-in may end, each exactly as frontends send it.</summary>
    public string[] ReturnUrls { get; init; } = [];

    /// <summary>How long a person may take at the provider.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "01:00:00")]
    public TimeSpan FlowLifetime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long the code in the return URL is valid.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "00:10:00")]
    public TimeSpan CodeLifetime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The deadline of each call to a provider.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(8);

    public DiscoveredProviderSettings Google { get; init; } = new() { Issuer = "https://accounts.google.com" };

    public ProviderSettings Facebook { get; init; } = new()
    {
        AuthorizationUrl = "https://www.facebook.com/v23.0/dialog/oauth",
        TokenUrl = "https://graph.facebook.com/v23.0/oauth/access_token",
        UserInfoUrl = "https://graph.facebook.com/v23.0/me",
    };

    public ProviderSettings Vk { get; init; } = new()
    {
        AuthorizationUrl = "https://id.vk.com/authorize",
        TokenUrl = "https://id.vk.com/oauth2/auth",
        UserInfoUrl = "https://id.vk.com/oauth2/user_info",
    };

    public ProviderSettings Yandex { get; init; } = new()
    {
        AuthorizationUrl = "https://oauth.yandex.ru/authorize",
        TokenUrl = "https://oauth.yandex.ru/token",
        UserInfoUrl = "https://login.yandex.ru/info",
    };

    public IEnumerable<string> Problems()
    {
        if (PublicUrl.Length > 0 && !(IsSecure(PublicUrl) && !PublicUrl.EndsWith('/')))
        {
            yield return "OAuth:PublicUrl must be the public address of this API without a slash at its end, such as "
                + $"https://api.example.com; http is allowed for this machine only. It is '{PublicUrl}'.";
        }

        if (ReturnUrls.Length > MaxReturnUrls)
            yield return $"OAuth:ReturnUrls must be at most {MaxReturnUrls} URLs.";
        foreach (var (index, url) in ReturnUrls.Index())
        {
            if (!IsReturnUrl(url))
            {
                yield return $"OAuth:ReturnUrls:{index} must be an absolute URL without a fragment, of at most {MaxUrlLength} characters: "
                    + $"https, http on this machine, or the scheme of an app with a dot (com.example.app:/callback). It is '{url}'.";
            }
        }

        foreach (var problem in ProblemsOf("Google", Google, needsSecret: true, ("Issuer", Google.Issuer)))
            yield return problem;
        foreach (var problem in ProblemsOf("Facebook", Facebook, needsSecret: true, Facebook.Urls))
            yield return problem;
        // An app of VK may have no secret: PKCE protects its code.
        foreach (var problem in ProblemsOf("Vk", Vk, needsSecret: false, Vk.Urls))
            yield return problem;
        foreach (var problem in ProblemsOf("Yandex", Yandex, needsSecret: true, Yandex.Urls))
            yield return problem;

        ClientSettings[] clients = [Google, Facebook, Vk, Yandex];
        if (ReturnUrls.Length == 0 && Array.Exists(clients, client => client.IsOn))
            yield return "OAuth:ReturnUrls:0 is missing: the URL of the frontend at which a sign-in ends.";
    }

    private static IEnumerable<string> ProblemsOf(
        string provider, ClientSettings client, bool needsSecret, params (string Name, string Url)[] urls)
    {
        if (client.IsOn && needsSecret && client.ClientSecret.Length == 0)
            yield return $"OAuth:{provider}:ClientSecret is missing; the provider shows it beside the client id.";
        if (!client.IsOn && client.ClientSecret.Length > 0)
            yield return $"OAuth:{provider}:ClientId is missing, but OAuth:{provider}:ClientSecret is set.";
        foreach (var (name, url) in urls)
        {
            if (!IsSecure(url))
                yield return $"OAuth:{provider}:{name} must be an https URL, or http on this machine; it is '{url}'.";
        }
    }

    private static bool IsSecure(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
        && uri.HasAsciiForm() && uri.UserInfo.Length == 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0;

    // Private-use schemes of apps have the form of a reversed domain name (RFC 8252, 7.1), which no scheme of a browser has.
    private static bool IsReturnUrl(string url) =>
        url.Length <= MaxUrlLength
        && Uri.TryCreate(url, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback)
            || uri.Scheme.Contains('.', StringComparison.Ordinal))
        && uri.HasAsciiForm()
        && uri.UserInfo.Length == 0
        && !url.Contains('#', StringComparison.Ordinal);
}

/// <summary>The registration of Portico as a client of a provider.</summary>
internal abstract class ClientSettings
{
    /// <summary>The client id; empty switches the provider off.</summary>
    public string ClientId { get; init; } = "";

    public string ClientSecret { get; init; } = "";

    internal bool IsOn => ClientId.Length > 0;
}

/// <summary>A provider that publishes its endpoints (OpenID Connect Discovery).</summary>
internal sealed class DiscoveredProviderSettings : ClientSettings
{
    public string Issuer { get; init; } = "";
}

/// <summary>A provider whose endpoints are in its documentation only.</summary>
internal sealed class ProviderSettings : ClientSettings
{
    public string AuthorizationUrl { get; init; } = "";
    public string TokenUrl { get; init; } = "";
    public string UserInfoUrl { get; init; } = "";

    internal (string Name, string Url)[] Urls =>
        [(nameof(AuthorizationUrl), AuthorizationUrl), (nameof(TokenUrl), TokenUrl), (nameof(UserInfoUrl), UserInfoUrl)];
}
