using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Common.Security;

namespace Portico.Infrastructure.RateLimiting;

internal static class RateLimitingRegistration
{
    public static IServiceCollection AddRateLimiting(this IServiceCollection services)
    {
        services.AddMetrics();
        services.AddSingleton<LimitMetrics>();
        services.AddSingleton<LocalLimits>();
        services.AddSingleton<ClientBudget>();
        services.AddSingleton<RequestBudget>();
        services.AddSingleton<IRequestBudget>(provider => provider.GetRequiredService<RequestBudget>());
        return services.AddHostedService(provider => provider.GetRequiredService<RequestBudget>());
    }
}
