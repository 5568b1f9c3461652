using System.Security.Claims;
using OpenIddict.Abstractions;
using OpenIddict.Client;
using OpenIddict.Client.WebIntegration;
using static OpenIddict.Client.WebIntegration.OpenIddictClientWebIntegrationConstants;

namespace Portico.WebApi.OAuth;

/// <summary>Google: OpenID Connect with an id token; the only provider here that says whether an address is verified.</summary>
internal sealed class GoogleProvider : OAuthProvider
{
    public override string Name => "google";

    public override string DisplayName => "Google";

    public override ClientSettings ClientOf(OAuthSettings settings) => settings.Google;

    public override OpenIddictClientRegistration Register(OAuthSettings settings) => new()
    {
        ProviderType = ProviderTypes.Google,
        ProviderSettings = new OpenIddictClientWebIntegrationSettings.Google(),
        Issuer = new Uri(settings.Google.Issuer),
        Scopes = { OpenIddictConstants.Scopes.OpenId, OpenIddictConstants.Scopes.Email, OpenIddictConstants.Scopes.Profile },
    };

    // The id token and the answer of the user info endpoint have the claim; both must agree.
    protected override bool IsEmailVerified(ClaimsPrincipal principal)
    {
        var claims = principal.FindAll(OpenIddictConstants.Claims.EmailVerified).ToArray();
        return claims.Length > 0 && Array.TrueForAll(claims, claim => claim.Value.Equals("true", StringComparison.OrdinalIgnoreCase));
    }
}

/// <summary>Facebook: OAuth 2.0 and the Graph API. Its address may be one that the person entered and never proved.</summary>
internal sealed class FacebookProvider : OAuthProvider
{
    public override string Name => "facebook";

    public override string DisplayName => "Facebook";

    public override ClientSettings ClientOf(OAuthSettings settings) => settings.Facebook;

    public override OpenIddictClientRegistration Register(OAuthSettings settings) => new()
    {
        ProviderType = ProviderTypes.Facebook,
        ProviderSettings = new OpenIddictClientWebIntegrationSettings.Facebook { Fields = { "id", "name", "email" } },
        Issuer = IssuerOf(settings.Facebook),
        Configuration = Endpoints(settings.Facebook, IssuerOf(settings.Facebook)),
        Scopes = { "email", "public_profile" },
    };
}

/// <summary>VK ID: OAuth 2.1 with a device id, which comes with the code and goes with every later request.</summary>
internal sealed class VkProvider : OAuthProvider
{
    public override string Name => "vk";

    public override string DisplayName => "VK ID";

    public override ClientSettings ClientOf(OAuthSettings settings) => settings.Vk;

    public override OpenIddictClientRegistration Register(OAuthSettings settings) => new()
    {
        ProviderType = ProviderTypes.VkId,
        ProviderSettings = new OpenIddictClientWebIntegrationSettings.VkId(),
        Issuer = IssuerOf(settings.Vk),
        Configuration = Endpoints(settings.Vk, IssuerOf(settings.Vk)),
        Scopes = { "vkid.personal_info", "email" },
    };
}

/// <summary>Yandex ID: OAuth 2.0 with an address that may belong to another service.</summary>
internal sealed class YandexProvider : OAuthProvider
{
    public override string Name => "yandex";

    public override string DisplayName => "Yandex";

    public override ClientSettings ClientOf(OAuthSettings settings) => settings.Yandex;

    public override OpenIddictClientRegistration Register(OAuthSettings settings) => new()
    {
        ProviderType = ProviderTypes.Yandex,
        ProviderSettings = new OpenIddictClientWebIntegrationSettings.Yandex(),
        Issuer = IssuerOf(settings.Yandex),
        Configuration = Endpoints(settings.Yandex, IssuerOf(settings.Yandex)),
        Scopes = { "login:info", "login:email" },
    };
}
