using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Auth;
using Portico.Domain.Users;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.SignIn;

namespace Portico.Infrastructure.SecondFactors;

internal static class SecondFactorRegistration
{
    public static IServiceCollection AddSecondFactors(this IServiceCollection services, IConfiguration configuration) => services
        .AddSettings<SecondFactorSettings>(configuration)
        .AddSingleton(new UniqueKey(PasskeyConfiguration.CredentialKey, SecondFactorErrors.PasskeyTaken))
        .AddSingleton<ISecondFactorRequirement>(provider => provider.GetRequiredService<SignInSettings>())
        .AddSingleton<ISecondFactorTries, RedisSecondFactorTries>()
        .AddScoped<ISecondFactors, SecondFactorStore>()
        .AddScoped<IPasskeys, Passkeys>();
}
