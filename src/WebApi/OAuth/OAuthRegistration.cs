using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.Client;
using OpenIddict.Client.AspNetCore;
using OpenIddict.Client.SystemNetHttp;
using Polly;
using Portico.Application.Common.Security;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.SignIn;
using static OpenIddict.Client.OpenIddictClientEvents;
using static OpenIddict.Client.OpenIddictClientHandlers;

namespace Portico.WebApi.OAuth;

/// <summary>Registers sign-in with providers.</summary>
internal static class OAuthRegistration
{
    private const int KeyBytes = 32;
    private const int MaxAnswerBytes = 256 * 1024;

    public static IServiceCollection AddOAuth(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<OAuthSettings>(configuration);
        foreach (var provider in Providers.All())
            services.AddSingleton(provider);
        services.AddSingleton<ConfiguredProviders>();
        services.AddSingleton<ILoginProviders>(provider => provider.GetRequiredService<ConfiguredProviders>());
        services.AddSingleton<OAuthCookies>();
        services.AddScoped<OAuthClient>();

        services.AddOpenIddict().AddClient(client =>
        {
            client.UseAspNetCore();
            client.UseSystemNetHttp();
            client.UseWebProviders();
            client.AddEventHandler<ProcessChallengeContext>(handler => handler.UseSingletonHandler<RequirePkce>()
                .SetOrder(AttachCodeChallengeParameters.Descriptor.Order - 500));
            client.AddEventHandler<ProcessAuthenticationContext>(handler => handler.UseScopedHandler<UseStateOnce>()
                .SetOrder(ValidateEndpointUri.Descriptor.Order + 500));
            client.AddEventHandler<ProcessAuthenticationContext>(handler => handler.UseSingletonHandler<CheckIssuer>()
                .SetOrder(ValidateIssuerParameter.Descriptor.Order - 750));
            client.AddEventHandler<ProcessAuthenticationContext>(handler => handler.UseSingletonHandler<CheckIdTokenLifetime>()
                .SetOrder(ValidateBackchannelIdentityTokenWellknownClaims.Descriptor.Order + 500));
        });
        RemoveScheme(services);
        services.AddOptions<OpenIddictClientOptions>()
            .Configure<OAuthSettings, ConfiguredProviders, IEnumerable<OAuthProvider>, OtpSettings>(Configure);
        services.AddOptions<OpenIddictClientAspNetCoreOptions>().Configure<OAuthCookies, ConfiguredProviders>((host, cookies, providers) =>
        {
            host.DisableAutomaticAuthenticationSchemeForwarding = true;
            host.EnableRedirectionEndpointPassthrough = true;
            host.DisableTransportSecurityRequirement = providers.PublicUrl.Scheme == Uri.UriSchemeHttp;
            host.CookieBuilder = cookies.OfState();
        });
        services.AddOptions<OpenIddictClientSystemNetHttpOptions>().Configure<OAuthSettings>((http, settings) =>
        {
            // A code works once, so a request for tokens is not repeated.
            http.HttpResiliencePipeline = ResiliencePipeline<HttpResponseMessage>.Empty;
            http.HttpClientActions.Add((_, client) =>
            {
                client.Timeout = settings.Timeout;
                client.MaxResponseContentBufferSize = MaxAnswerBytes;
            });
        });
        return services;
    }

    private static void Configure(
        OpenIddictClientOptions client, OAuthSettings settings, ConfiguredProviders configured, IEnumerable<OAuthProvider> providers,
        OtpSettings keys)
    {
        client.ClientUri = configured.PublicUrl;
        client.DisableTokenStorage = true;
        client.StateTokenLifetime = settings.FlowLifetime;
        client.GrantTypes.Add(OpenIddictConstants.GrantTypes.AuthorizationCode);
        client.ResponseTypes.Add(OpenIddictConstants.ResponseTypes.Code);
        client.ResponseModes.Remove(OpenIddictConstants.ResponseModes.FormPost);
        client.EncryptionCredentials.Add(new EncryptingCredentials(
            Key(keys, "encryption"), SecurityAlgorithms.Aes256KW, SecurityAlgorithms.Aes256CbcHmacSha512));
        client.SigningCredentials.Add(new SigningCredentials(Key(keys, "signature"), SecurityAlgorithms.HmacSha256));
        foreach (var provider in providers.Where(provider => provider.ClientOf(settings).IsOn))
        {
            var registration = provider.Register(settings);
            registration.ProviderName = provider.Name;
            registration.ClientId = provider.ClientOf(settings).ClientId;
            registration.ClientSecret = provider.ClientOf(settings).ClientSecret is { Length: > 0 } secret ? secret : null;
            registration.RedirectUri = configured.RedirectUriOf(provider.Name);
            client.Registrations.Add(registration);
        }
    }

    // The same for all replicas, because the browser may come back to another one.
    private static SymmetricSecurityKey Key(OtpSettings keys, string purpose) => new(
        HKDF.DeriveKey(
            HashAlgorithmName.SHA256,
            Convert.FromBase64String(keys.Key),
            KeyBytes,
            info: System.Text.Encoding.ASCII.GetBytes($"portico oauth state {purpose}")));

    // OAuthClient raises the events itself, so no request pays for a scheme. Data protection, which AddAuthentication adds, would write
    // keys at the start that nothing uses.
    private static void RemoveScheme(IServiceCollection services)
    {
        foreach (var service in services
            .Where(service => service.ImplementationType == typeof(OpenIddictClientAspNetCoreConfiguration)
                ? service.ServiceType == typeof(IConfigureOptions<AuthenticationOptions>)
                    || service.ServiceType == typeof(IPostConfigureOptions<AuthenticationOptions>)
                : service.ImplementationType?.FullName == "Microsoft.AspNetCore.DataProtection.Internal.DataProtectionHostedService")
            .ToArray())
        {
            services.Remove(service);
        }
    }
}
