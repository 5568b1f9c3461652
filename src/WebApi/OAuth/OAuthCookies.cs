using System.Security.Cryptography;
using System.Text;
using System.Buffers.Text;

namespace Portico.WebApi.OAuth;

/// <summary>The cookies that bind a flow to its browser: one for each flow, so that tabs don't overwrite each other's.</summary>
/// <remarks>
/// The prefix <c>__Host-</c> keeps other hosts of the domain from setting them. Over plain HTTP, which is allowed on the developer's
/// machine only, browsers reject the prefix and <c>Secure</c>, and both are left out.
/// </remarks>
internal sealed class OAuthCookies(ConfiguredProviders providers, TimeProvider clock)
{
    private const int NameBytes = 16;

    private bool IsSecure => providers.PublicUrl.Scheme == Uri.UriSchemeHttps;

    /// <summary>How the cookie of a state is made; its name ends with an id of the flow.</summary>
    public CookieBuilder OfState() => new()
    {
        Name = Name("oauth"),
        Path = "/",
        HttpOnly = true,
        IsEssential = true,
        // It is sent with the navigation that comes back from the provider.
        SameSite = SameSiteMode.Lax,
        SecurePolicy = IsSecure ? CookieSecurePolicy.Always : CookieSecurePolicy.None,
    };

    /// <summary>Gives the browser the secret that it must send back with a code.</summary>
    public void Add(HttpContext context, string code, string browserKey)
    {
        var cookie = new CookieOptions
        {
            Path = "/",
            HttpOnly = true,
            IsEssential = true,
            SameSite = SameSiteMode.Strict,
            Secure = IsSecure,
            Expires = clock.GetUtcNow() + providers.CodeLifetime,
        };
        context.Response.Cookies.Append(NameOf(code), browserKey, cookie);
    }

    /// <summary>The secret that came with a code.</summary>
    public string? Find(HttpContext context, string code) => context.Request.Cookies[NameOf(code)];

    private string NameOf(string code) =>
        $"{Name("code")}.{Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(code)).AsSpan(0, NameBytes))}";

    private string Name(string purpose) => $"{(IsSecure ? "__Host-" : "")}portico-{purpose}";
}
