using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Portico.Application.Common.Security;
using Portico.Application.SigningKeys;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Infrastructure.AccessTokens;

/// <summary>Registers the services of access tokens.</summary>
public static class TokenRegistration
{
    /// <summary>Adds the services that issue and validate access tokens and publish their keys.</summary>
    public static IServiceCollection AddTokens(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<TokenSettings>(configuration);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<KeySealing>();
        services.AddSingleton(_ => new TokenKeys());
        services.AddScoped<SigningKeyStore>();
        services.AddScoped<ISigningKeys, SigningKeyAdministration>();
        services.AddSingleton<SigningKeyRefresher>();
        services.AddSingleton<ISigningKeyRefresh>(provider => provider.GetRequiredService<SigningKeyRefresher>());
        services.AddHostedService(provider => provider.GetRequiredService<SigningKeyRefresher>());
        services.AddSingleton<IAccessTokenIssuer, AccessTokenIssuer>();
        services.AddSingleton<ServiceTokenIssuer>();
        services.AddSingleton<AccessTokenValidator>();
        services.AddSingleton<VerifiedTokenCache>();
        services.AddSingleton<TokenDiscovery>();
        services.AddSingleton<IDelegatedTokenIssuer, DelegatedTokenIssuer>();
        services.AddSingleton<TokenVersions>();
        services.AddSingleton<ITokenVersions>(provider => provider.GetRequiredService<TokenVersions>());
        services.AddSingleton<ICommitObserver>(provider => provider.GetRequiredService<TokenVersions>());
        return services;
    }
}
