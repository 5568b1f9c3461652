using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Auth;
using Portico.Application.Sessions;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Sessions;

internal static class SessionRegistration
{
    public static IServiceCollection AddSessions(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<SessionSettings>(configuration);
        services.AddMetrics();
        services.AddSingleton<RefreshTokens>();
        services.AddSingleton<ISessionCookies>(provider => provider.GetRequiredService<RefreshTokens>());
        services.AddSingleton<SessionMetrics>();
        services.AddSingleton<RevokedSessions>();
        services.AddSingleton<IRevokedSessions>(provider => provider.GetRequiredService<RevokedSessions>());
        services.AddHostedService(provider => provider.GetRequiredService<RevokedSessions>());
        services.AddSingleton<ISessionSearch, RedisSessionSearch>();
        return services.AddSingleton<ISessions, RedisSessions>();
    }
}
