using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Common.Messaging;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Hosting;

namespace Portico.Infrastructure.Idempotency;

internal static class IdempotencyRegistration
{
    public static IServiceCollection AddIdempotency(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<IdempotencySettings>(configuration);
        services.AddScoped<IIdempotencyStore, IdempotencyStore>();
        services.AddScoped<IRequestKeys, RequestKeys>();
        // The ledger's keys first: a key whose answer is gone must be free in both tables.
        services.AddSingleton(provider => new RetentionRule("ledger.idempotency", "recorded_at", RetentionOf(provider)));
        services.AddSingleton(provider => new RetentionRule("idempotency_answers", "created_at", RetentionOf(provider)));
        return services;
    }

    private static TimeSpan RetentionOf(IServiceProvider provider) => provider.GetRequiredService<IdempotencySettings>().Retention;
}
