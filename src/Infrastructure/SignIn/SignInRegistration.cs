using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Auth;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.RateLimiting;

namespace Portico.Infrastructure.SignIn;

internal static class SignInRegistration
{
    public static IServiceCollection AddSignIn(this IServiceCollection services, IConfiguration configuration) => services
        .AddSettings<OtpSettings>(configuration)
        .AddSettings<SignInSettings>(configuration)
        .AddSingleton(provider => new Pseudonyms(provider.GetRequiredService<OtpSettings>().KeyBytes))
        .AddSingleton<KnownClients>()
        .AddSingleton<RedisCodes>()
        .AddSingleton<ICodes>(provider => provider.GetRequiredService<RedisCodes>())
        .AddSingleton<ISignInChallenges, RedisSignInChallenges>()
        .AddSingleton<ISignInThrottle, RedisSignInThrottle>()
        .AddSingleton<IOneTimeRecords, RedisOneTimeRecords>()
        .AddScoped<IKnownDevices, KnownDevices>();
}
