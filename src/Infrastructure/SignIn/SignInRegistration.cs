using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Auth;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.RateLimiting;

namespace Portico.Infrastructure.SignIn;

internal static class SignInRegistration
{
    public static IServiceCollection AddSignIn(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<OtpSettings>(configuration);
        services.AddSettings<SignInSettings>(configuration);
        services.AddSingleton(provider => new Pseudonyms(provider.GetRequiredService<OtpSettings>().KeyBytes));
        services.AddSingleton<KnownClients>();
        services.AddSingleton<RedisCodes>();
        services.AddSingleton<ICodes>(provider => provider.GetRequiredService<RedisCodes>());
        services.AddSingleton<ISignInChallenges, RedisSignInChallenges>();
        services.AddSingleton<ISignInThrottle, RedisSignInThrottle>();
        services.AddSingleton<IOneTimeRecords, RedisOneTimeRecords>();
        return services.AddScoped<IKnownDevices, KnownDevices>();
    }
}
