using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Common.Messaging;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Idempotency;

internal static class IdempotencyRegistration
{
    public static IServiceCollection AddIdempotency(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<IdempotencySettings>(configuration);
        services.AddScoped<IIdempotencyStore, IdempotencyStore>();
        services.AddScoped<IRequestKeys, RequestKeys>();
        services.AddSingleton<IdempotencyCleanup>();
        services.AddHostedService(provider => provider.GetRequiredService<IdempotencyCleanup>());
        return services;
    }
}
