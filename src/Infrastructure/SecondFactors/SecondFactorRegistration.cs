using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Auth;
using Portico.Domain.Users;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.SecondFactors;

internal static class SecondFactorRegistration
{
    public static IServiceCollection AddSecondFactors(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<SecondFactorSettings>(configuration);
        services.AddSingleton(new UniqueKey(PasskeyConfiguration.CredentialKey, SecondFactorErrors.PasskeyTaken));
        services.AddSingleton<ISecondFactorRequirement, SecondFactorRequirement>();
        services.AddSingleton<ISecondFactorTries, RedisSecondFactorTries>();
        services.AddScoped<ISecondFactors, SecondFactorStore>();
        return services.AddScoped<IPasskeys, Passkeys>();
    }
}
