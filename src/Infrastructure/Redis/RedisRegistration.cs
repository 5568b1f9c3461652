using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Auth;
using Portico.Application.Common.Security;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Redis;

internal static class RedisRegistration
{
    public static IServiceCollection AddRedis(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<RedisSettings>(configuration);
        services.AddSettings<SessionSettings>(configuration);
        services.AddSettings<OtpSettings>(configuration);
        services.AddSettings<SignInSettings>(configuration);
        services.AddSingleton<RedisConnection>();
        services.AddHostedService(provider => provider.GetRequiredService<RedisConnection>());
        services.AddHealthChecks().AddCheck<RedisReadiness>("redis");
        services.AddSingleton<RefreshTokens>();
        services.AddSingleton<SessionMetrics>();
        services.AddSingleton<Pseudonyms>();
        services.AddMetrics();
        services.AddSingleton<LimitMetrics>();
        services.AddSingleton<LocalLimits>();
        services.AddSingleton<ClientBudget>();
        services.AddSingleton<RequestBudget>();
        services.AddSingleton<IRequestBudget>(provider => provider.GetRequiredService<RequestBudget>());
        services.AddHostedService(provider => provider.GetRequiredService<RequestBudget>());
        services.AddSingleton<EndedSessions>();
        services.AddSingleton<IEndedSessions>(provider => provider.GetRequiredService<EndedSessions>());
        services.AddHostedService(provider => provider.GetRequiredService<EndedSessions>());
        services.AddSingleton<ISessions, RedisSessions>();
        services.AddSingleton<RedisCodes>();
        services.AddSingleton<ICodes>(provider => provider.GetRequiredService<RedisCodes>());
        services.AddSingleton<ISignInChallenges, RedisSignInChallenges>();
        services.AddSingleton<ISignInThrottle, RedisSignInThrottle>();
        return services;
    }
}
