using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Common.Caching;

namespace Portico.Infrastructure.Caching;

internal static class CachingRegistration
{
    public static IServiceCollection AddQueryCache(this IServiceCollection services)
    {
        services.AddSingleton<Flights>();
        services.AddHostedService(provider => provider.GetRequiredService<StaleTags>());
        services.AddSingleton<IQueryCache, RedisQueryCache>();
        return services;
    }
}
