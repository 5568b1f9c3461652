using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Portico.Infrastructure.RateLimiting;

internal static class RateLimitingRegistration
{
    public static IServiceCollection AddRateLimiting(this IServiceCollection services)
    {
        services.AddMetrics();
        services.AddSingleton<RateLimitMetrics>();
        services.AddSingleton<LocalRateLimits>();
        services.AddSingleton<ClientRateLimit>();
        services.TryAddSingleton<IRateLimitReport, NoRateLimitReport>();
        services.AddSingleton<RequestRateLimiter>();
        services.AddSingleton<IRequestRateLimiter>(provider => provider.GetRequiredService<RequestRateLimiter>());
        return services.AddHostedService(provider => provider.GetRequiredService<RequestRateLimiter>());
    }
}
