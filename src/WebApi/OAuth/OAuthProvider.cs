using System.Security.Claims;
using OpenIddict.Abstractions;
using OpenIddict.Client;
using Portico.Application.Auth;
using Portico.Domain.Users;

namespace Portico.WebApi.OAuth;

/// <summary>One provider: how Portico is registered there, and how it names a person.</summary>
/// <remarks>OpenIddict knows its dialect by the provider type of the registration.</remarks>
internal abstract class OAuthProvider
{
    /// <summary>The name in URLs and in the database, which never changes.</summary>
    public abstract string Name { get; }

    /// <summary>The name for people.</summary>
    public abstract string DisplayName { get; }

    public abstract ClientSettings ClientOf(OAuthSettings settings);

    /// <summary>The registration, without what all providers share.</summary>
    public abstract OpenIddictClientRegistration Register(OAuthSettings settings);

    /// <summary>Whether the provider promises that the person can read messages at the address.</summary>
    protected virtual bool IsEmailVerified(ClaimsPrincipal principal) => false;

    /// <summary>Reads the person from the claims; <c>null</c> without a subject that can be stored.</summary>
    public ExternalIdentity? Read(ClaimsPrincipal principal)
    {
        var subject = principal.GetClaim(ClaimTypes.NameIdentifier);
        return subject is { Length: > 0 and <= ExternalLogin.MaxSubjectLength } && !subject.Contains('\0', StringComparison.Ordinal)
            ? new ExternalIdentity(
                Name, subject, principal.GetClaim(ClaimTypes.Email), IsEmailVerified(principal), principal.GetClaim(ClaimTypes.Name))
            : null;
    }

    /// <summary>The endpoints of a provider without discovery.</summary>
    protected static OpenIddictConfiguration Endpoints(ProviderSettings settings, Uri issuer) => new()
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

    /// <summary>The issuer of a provider that names none: where its authorization endpoint is.</summary>
    protected static Uri IssuerOf(ProviderSettings settings) =>
        new(new Uri(settings.AuthorizationUrl).GetLeftPart(UriPartial.Authority));
}
