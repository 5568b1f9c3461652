using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Portico.Application.Auth;
using Portico.Application.Common.Security;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Infrastructure.AccessTokens;

internal static class TokenRegistration
{
    /// <summary>Issues, judges and publishes the keys of access tokens.</summary>
    public static IServiceCollection AddTokens(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<TokenSettings>(configuration);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<KeySealing>();
        services.AddSingleton(_ => new TokenKeys());
        services.AddScoped<SigningKeyStore>();
        services.AddSingleton<SigningKeyFollower>();
        services.AddSingleton<ISigningKeyNews>(provider => provider.GetRequiredService<SigningKeyFollower>());
        services.AddHostedService(provider => provider.GetRequiredService<SigningKeyFollower>());
        services.AddSingleton<IAccessTokenIssuer, AccessTokenIssuer>();
        services.AddSingleton<AccessTokenValidator>();
        services.AddSingleton<RecentTokens>();
        services.AddSingleton<TokenDiscovery>();
        services.AddSingleton<UserEpochs>();
        services.AddSingleton<IUserEpochs>(provider => provider.GetRequiredService<UserEpochs>());
        services.AddSingleton<ICommitObserver>(provider => provider.GetRequiredService<UserEpochs>());
        return services;
    }
}
