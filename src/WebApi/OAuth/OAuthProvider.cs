using System.Security.Claims;
using OpenIddict.Abstractions;
using OpenIddict.Client;
using Portico.Application.Auth;
using Portico.Domain.Users;

namespace Portico.WebApi.OAuth;

/// <summary>One provider: how Portico is registered there, and how it names a person.</summary>
/// <remarks>OpenIddict knows its dialect by the provider type of the registration.</remarks>
internal sealed class OAuthProvider
{
    /// <summary>The name in URLs and in the database, which never changes.</summary>
    public required string Name { get; init; }

    /// <summary>The name for people.</summary>
    public required string DisplayName { get; init; }

    public required Func<OAuthSettings, ClientSettings> ClientOf { get; init; }

    /// <summary>One of the <c>ProviderTypes</c> of OpenIddict, and the settings that it has for this type.</summary>
    public required (string Id, object Settings) Type { get; init; }

    public required string[] Scopes { get; init; }

    /// <summary>Whether the provider promises that the person can read messages at the address.</summary>
    public Func<ClaimsPrincipal, bool> IsEmailVerified { get; init; } = _ => false;

    /// <summary>The registration, without what all providers share.</summary>
    public OpenIddictClientRegistration Register(OAuthSettings settings)
    {
        var registration = new OpenIddictClientRegistration { ProviderType = Type.Id, ProviderSettings = Type.Settings };
        registration.Scopes.UnionWith(Scopes);
        if (ClientOf(settings) is ProviderSettings endpoints)
        {
            // The issuer of a provider that names none: where its authorization endpoint is.
            registration.Issuer = new Uri(new Uri(endpoints.AuthorizationUrl).GetLeftPart(UriPartial.Authority));
            registration.Configuration = Configuration(endpoints, registration.Issuer);
        }
        else if (ClientOf(settings) is DiscoveredProviderSettings discovered)
        {
            registration.Issuer = new Uri(discovered.Issuer);
        }

        return registration;
    }

    /// <summary>Reads the person from the claims; <c>null</c> without a subject that can be stored.</summary>
    public ExternalIdentity? Read(ClaimsPrincipal principal)
    {
        var subject = principal.GetClaim(ClaimTypes.NameIdentifier);
        return subject is { Length: > 0 and <= ExternalLogin.MaxSubjectLength } && !subject.Contains('\0', StringComparison.Ordinal)
            ? new ExternalIdentity(
                Name, subject, principal.GetClaim(ClaimTypes.Email), IsEmailVerified(principal), principal.GetClaim(ClaimTypes.Name))
            : null;
    }

    private static OpenIddictConfiguration Configuration(ProviderSettings settings, Uri issuer) => new()
    {
        Issuer = issuer,
        AuthorizationEndpoint = new Uri(settings.AuthorizationUrl),
        TokenEndpoint = new Uri(settings.TokenUrl),
        UserInfoEndpoint = new Uri(settings.UserInfoUrl),
        GrantTypesSupported = { OpenIddictConstants.GrantTypes.AuthorizationCode },
        ResponseTypesSupported = { OpenIddictConstants.ResponseTypes.Code },
        ResponseModesSupported = { OpenIddictConstants.ResponseModes.Query },
        TokenEndpointAuthMethodsSupported = { OpenIddictConstants.ClientAuthenticationMethods.ClientSecretPost },
    };
}
