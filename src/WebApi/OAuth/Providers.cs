using System.Security.Claims;
using OpenIddict.Abstractions;
using static OpenIddict.Client.WebIntegration.OpenIddictClientWebIntegrationConstants;
using Settings = OpenIddict.Client.WebIntegration.OpenIddictClientWebIntegrationSettings;

namespace Portico.WebApi.OAuth;

/// <summary>The providers that Portico knows.</summary>
internal static class Providers
{
    public static OAuthProvider[] All() =>
    [
        // OpenID Connect with an id token; the only provider here that says whether an address is verified.
        new()
        {
            Name = "google",
            DisplayName = "Google",
            ClientOf = settings => settings.Google,
            Type = (ProviderTypes.Google, new Settings.Google()),
            Scopes = [OpenIddictConstants.Scopes.OpenId, OpenIddictConstants.Scopes.Email, OpenIddictConstants.Scopes.Profile],
            IsEmailVerified = HasVerifiedEmail,
        },
        // OAuth 2.0 and the Graph API. The address may be one that the person entered and never proved.
        new()
        {
            Name = "facebook",
            DisplayName = "Facebook",
            ClientOf = settings => settings.Facebook,
            Type = (ProviderTypes.Facebook, new Settings.Facebook { Fields = { "id", "name", "email" } }),
            Scopes = ["email", "public_profile"],
        },
        // OAuth 2.1 with a device id, which comes with the code and goes with every later request.
        new()
        {
            Name = "vk",
            DisplayName = "VK ID",
            ClientOf = settings => settings.Vk,
            Type = (ProviderTypes.VkId, new Settings.VkId()),
            Scopes = ["vkid.personal_info", "email"],
        },
        // OAuth 2.0 with an address that may belong to another service.
        new()
        {
            Name = "yandex",
            DisplayName = "Yandex",
            ClientOf = settings => settings.Yandex,
            Type = (ProviderTypes.Yandex, new Settings.Yandex()),
            Scopes = ["login:info", "login:email"],
        },
    ];

    // The id token and the answer of the user info endpoint have the claim; both must agree.
    private static bool HasVerifiedEmail(ClaimsPrincipal principal)
    {
        var claims = principal.FindAll(OpenIddictConstants.Claims.EmailVerified).ToArray();
        return claims.Length > 0 && Array.TrueForAll(claims, claim => claim.Value.Equals("true", StringComparison.OrdinalIgnoreCase));
    }
}
